import type { AccessEdge } from '../access/access-client.ts';
import type { Backends } from '../backends/registry.ts';
import type { Config } from '../config.ts';
import type { PublishedPolicy } from '../model/published-policy.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { PoolClient, PoolEdge } from '../pool/pool-client.ts';
import type { Scorer } from '../routing/scorer.ts';
import type { RecordSink } from '../telemetry/record.ts';
import type { Grant } from './grant.ts';

/** What an isolate builds once and all its requests share. */
export interface Gateway {
  readonly config: Config;
  readonly scorer: Scorer;
  /** Decides in the scorer's place once it has something; absent where nothing can be published. */
  readonly published: PublishedPolicy | undefined;
  /** Decides where the scorer cannot; absent for scorers that always can. */
  readonly fallback: Scorer | undefined;
  readonly backends: Backends;
  readonly edge: PoolEdge;
  readonly accessEdge: AccessEdge;
  readonly records: RecordSink;
  /** Takes secrets out of an endpoint's words on their way to the log or the client. */
  readonly redact: (text: string) => string;
  readonly random: Random;
  /** Milliseconds with fractions; differences only. */
  readonly clock: Clock;
}

/** One request's surroundings. */
export interface RequestContext {
  readonly gateway: Gateway;
  readonly pool: PoolClient;
  readonly requestId: string;
  readonly receivedAtMs: number;
  /** What the caller's key was granted; absent in open mode. */
  readonly grant?: Grant | undefined;
  /** Headers of every answer to this request. */
  readonly commonHeaders: Readonly<Record<string, string>>;
  /** Aborts when the client goes away. */
  readonly clientSignal: AbortSignal;
  /** Lets work finish after the response. */
  readonly defer: (work: Promise<unknown>) => void;
}
