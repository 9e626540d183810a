import type { IncomingHttpHeaders } from 'node:http';
import type { Emission } from './serving/emissions.ts';

/** What became of a request. */
export type Outcome = 'pending' | 'completed' | 'refused' | 'broken' | 'aborted';

export interface RequestRecord {
  readonly endpoint: string;
  readonly model: string;
  readonly path: string;
  /** Without credentials. */
  readonly headers: IncomingHttpHeaders;
  /** The chat request as it came; for Workers AI its `inputs`. */
  readonly body: unknown;
  /** Tokens written to the client so far. */
  tokens: number;
  /** When it came to a GPU, and when its first and last token were due there; sending them may be later. */
  queuedAtMs?: number;
  firstTokenAtMs?: number;
  lastTokenAtMs?: number;
  outcome: Outcome;
}

/** Counts tokens as sent. */
export function noteSent(record: RequestRecord, batch: readonly Emission[]): void {
  const [first] = batch;
  const last = batch.at(-1);
  if (first === undefined || last === undefined) return;
  record.tokens += batch.length;
  record.firstTokenAtMs ??= first.atMs;
  record.lastTokenAtMs = last.atMs;
}

const secretHeaders = ['authorization', 'x-amz-security-token'];

/** Old records are dropped: the log serves tests and the curious, and must not grow with the traffic. */
const maxRecords = 256;

/** The last requests that reached a model, oldest first. */
export class RequestLog {
  readonly #records: RequestRecord[] = [];

  get records(): readonly RequestRecord[] {
    return this.#records;
  }

  add(record: Pick<RequestRecord, 'endpoint' | 'model' | 'path' | 'headers' | 'body'>): RequestRecord {
    const headers = Object.fromEntries(
      Object.entries(record.headers).filter(([name]) => !secretHeaders.includes(name)),
    );
    const added: RequestRecord = { ...record, headers, tokens: 0, outcome: 'pending' };
    this.#records.push(added);
    if (this.#records.length > maxRecords) this.#records.shift();
    return added;
  }

  clear(): void {
    this.#records.length = 0;
  }
}
