import type { IncomingHttpHeaders } from 'node:http';

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
  outcome: Outcome;
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

  add(record: Omit<RequestRecord, 'tokens' | 'outcome'>): RequestRecord {
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
