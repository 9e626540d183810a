import type { Break, Script } from '../faults.ts';
import type { Answer } from '../generation/answer.ts';
import { cut } from '../http.ts';
import type { Emissions } from './emissions.ts';
import type { Exchange } from './exchange.ts';

/** Sends an answer at once, when its last token has been emitted. */
export async function sendWhole(
  exchange: Exchange,
  answer: Answer,
  emissions: Emissions,
  script: Script,
  signal: AbortSignal,
): Promise<void> {
  const { record, response, wire } = exchange;
  if (script.silentAfter === 'headers') {
    response.writeHead(200, wire.wholeHeaders).flushHeaders();
    return;
  }
  for await (const batch of emissions) record.tokens += batch.length;
  if (signal.aborted) return;
  const body = JSON.stringify(wire.format.whole(answer));
  if (script.breakBy) return breakOff(exchange, body, script.breakBy);
  response.writeHead(200, wire.wholeHeaders);
  record.outcome = 'completed';
  response.end(script.malformedAfterTokens === undefined ? body : half(body));
}

/** What a break means where nothing is streamed: the body comes halfway, or is something else. */
function breakOff({ record, response, wire }: Exchange, body: string, by: Break): void {
  record.outcome = 'broken';
  response.writeHead(200, wire.wholeHeaders);
  if (by.kind === 'error-inside') {
    response.end(JSON.stringify(wire.format.failure()));
  } else if (by.kind === 'end') {
    response.end(half(body));
  } else {
    response.write(half(body));
    if (by.kind !== 'stall') cut(response);
  }
}

function half(body: string): string {
  return body.slice(0, body.length >> 1);
}
