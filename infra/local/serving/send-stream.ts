import type { Break, Script } from '../faults.ts';
import type { Answer } from '../generation/answer.ts';
import { cut, write } from '../http.ts';
import { noteSent } from '../request-log.ts';
import { type Emission, type Emissions, take } from './emissions.ts';
import type { Exchange, Wire } from './exchange.ts';

const done = 'data: [DONE]\n\n';
/** A cut in the middle of a JSON text, as a proxy that lost its upstream leaves it. */
const malformed = 'data: {"id":"chatcmpl-\n\n';

/** Streams an answer, token by token as they are emitted. */
export async function sendStream(
  exchange: Exchange,
  answer: Answer,
  emissions: Emissions,
  script: Script,
  signal: AbortSignal,
): Promise<void> {
  const { response, record, wire } = exchange;
  response.writeHead(200, wire.streamHeaders).flushHeaders();
  if (script.silentAfter === 'headers') return;
  const writer = new TokenWriter(exchange, answer, script.malformedAfterTokens);
  const wanted = script.breakBy ? take(emissions, script.breakBy.afterTokens) : emissions;
  for await (const batch of wanted) {
    await write(response, writer.bytes(batch), signal);
    noteSent(record, batch);
  }
  if (signal.aborted) return;
  if (script.breakBy) return breakOff(exchange, script.breakBy);
  for (const closing of wire.format.closing(answer)) response.write(wire.framing.frame(event(closing)));
  if (!script.withoutDone) response.write(wire.framing.frame(done));
  record.outcome = 'completed';
  response.end();
}

/** Turns emissions into bytes, remembering how far each choice has come. */
class TokenWriter {
  readonly #exchange: Exchange;
  readonly #answer: Answer;
  readonly #malformedAfter: number | undefined;
  readonly #sent: number[];
  #total = 0;

  constructor(exchange: Exchange, answer: Answer, malformedAfter: number | undefined) {
    this.#exchange = exchange;
    this.#answer = answer;
    this.#malformedAfter = malformedAfter;
    this.#sent = answer.choices.map(() => 0);
  }

  bytes(batch: readonly Emission[]): Uint8Array {
    const { framing } = this.#exchange.wire;
    return Buffer.concat(
      batch.flatMap((emission) => this.#events(emission)).map((text) => framing.frame(text)),
    );
  }

  #events({ choice }: Emission): string[] {
    const { format } = this.#exchange.wire;
    const token = this.#sent[choice] ?? 0;
    const planned = this.#answer.choices[choice];
    if (planned === undefined) throw new RangeError(`choice: ${choice}`);
    const opening = this.#total === 0 ? format.opening(this.#answer) : [];
    const broken = this.#total === this.#malformedAfter ? [malformed] : [];
    this.#sent[choice] = token + 1;
    this.#total += 1;
    return [...broken, ...[...opening, ...format.token(this.#answer, planned, token)].map(event)];
  }
}

function breakOff({ record, response, wire }: Exchange, by: Break): void {
  record.outcome = 'broken';
  if (by.kind === 'stall') return;
  if (by.kind === 'cut') cut(response);
  else response.end(lastBytes(wire, by));
}

/** What precedes the end of a body that ends in the middle of the answer. */
function lastBytes({ format, framing }: Wire, by: Break): Uint8Array | undefined {
  switch (by.kind) {
    case 'error-inside':
      return framing.frame(event(format.failure()) + done);
    case 'exception-frame':
      return framing.exception(by.exception, 'The model container failed while it streamed.');
    case 'damaged-frame':
      return framing.damaged(by.how);
    default:
      return undefined;
  }
}

function event(payload: object): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}
