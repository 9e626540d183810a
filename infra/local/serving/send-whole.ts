import type { Break, Script } from '../faults.ts';
import type { Answer } from '../generation/answer.ts';
import { cut } from '../http.ts';
import { noteSent } from '../request-log.ts';
import type { Emissions } from './emissions.ts';
import type { Exchange, Wire } from './exchange.ts';

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
  for await (const batch of emissions) noteSent(record, batch);
  if (signal.aborted) return;
  const body = wire.framing.frame(JSON.stringify(wire.format.whole(answer)));
  if (script.breakBy) return breakOff(exchange, body, script.breakBy);
  record.outcome = 'completed';
  response.writeHead(200, headersFor(wire, body));
  response.end(script.malformedAfterTokens === undefined ? body : garbled(body));
}

/** What a break means where nothing is streamed: the body comes halfway, or is something else. */
function breakOff({ record, response, wire }: Exchange, body: Uint8Array, by: Break): void {
  record.outcome = 'broken';
  const half = body.subarray(0, body.length >> 1);
  if (by.kind === 'error-inside') {
    const failure = wire.framing.frame(JSON.stringify(wire.format.failure()));
    response.writeHead(200, headersFor(wire, failure)).end(failure);
  } else if (by.kind === 'end') {
    response.writeHead(200, headersFor(wire, half)).end(half);
  } else {
    response.writeHead(200, headersFor(wire, body)).write(half);
    if (by.kind !== 'stall') cut(response);
  }
}

function headersFor(wire: Wire, body: Uint8Array): Record<string, string> {
  return { ...wire.wholeHeaders, 'content-length': String(body.length) };
}

/** As long as it was, but no JSON. */
function garbled(body: Uint8Array): Uint8Array {
  return body.map((byte, index) => (index === 0 ? 0x21 : byte));
}
