import type { ModelDefinition } from '../definition.ts';
import { type Faults, type Script, scriptOf } from '../faults.ts';
import { type Answer, emptied, planAnswer } from '../generation/answer.ts';
import { parseChatRequest } from '../generation/chat-request.ts';
import { clientGone, reset, send } from '../http.ts';
import { type Refusal, RefusedError } from '../wire/refusal.ts';
import { paced } from './emissions.ts';
import type { Exchange } from './exchange.ts';
import { sendStream } from './send-stream.ts';
import { sendWhole } from './send-whole.ts';

/** Answers a request, with whatever fault it has coming. */
export async function serve(exchange: Exchange, faults: Faults): Promise<void> {
  const { endpoint, model, record, response, wire } = exchange;
  const script = scriptOf(faults.take(endpoint.definition.id, model.name));
  const signal = clientGone(response);
  signal.addEventListener('abort', () => {
    if (record.outcome === 'pending') record.outcome = 'aborted';
  });
  if (script.reset) return breakOff(exchange);
  if (script.silentAfter === 'request') return;
  try {
    await answer(exchange, script, signal);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    record.outcome = 'refused';
    send(response, wire.refuse(error.refusal));
  }
}

async function answer(exchange: Exchange, script: Script, signal: AbortSignal): Promise<void> {
  if (script.refuse) throw new RefusedError(refusalOf(script.refuse, exchange.model));
  const request = parseChatRequest(exchange.body);
  const planned = planAnswer(request, exchange.model);
  const said: Answer = script.empty ? emptied(planned) : planned;
  // An answer nobody waits for any more must not go on computing: not after a disconnect, nor after a break.
  const finished = new AbortController();
  const { endpoint, model, record } = exchange;
  const emissions = endpoint.generate(said, model, AbortSignal.any([signal, finished.signal]));
  record.queuedAtMs = endpoint.nowMs;
  const timed = script.pace ? paced(emissions, script.pace, signal) : emissions;
  const sending = request.stream ? sendStream : sendWhole;
  await sending(exchange, said, timed, script, signal);
  finished.abort();
}

function breakOff({ record, response }: Exchange): void {
  record.outcome = 'broken';
  reset(response);
}

function refusalOf(fault: NonNullable<Script['refuse']>, model: ModelDefinition): Refusal {
  if (fault.kind === 'status')
    return { kind: 'told', status: fault.status, code: fault.code, retryAfterS: fault.retryAfterS };
  const { contextTokens } = model;
  return { kind: 'context-exceeded', contextTokens, promptTokens: contextTokens, outputTokens: 1 };
}
