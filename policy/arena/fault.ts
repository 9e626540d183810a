import { z } from 'zod';
import { scheduleSchema } from './schedule.ts';

const share = z.number().positive().max(1);
const when = scheduleSchema.prefault({ kind: 'always' });
/** Absent: every endpoint, each on a schedule drawn of its own. */
const endpoint = z.string().min(1).optional();
const replica = z.int().min(0).default(0);

const endpointFaultSchemas = [
  /** Connections are refused, and whatever ran is lost. */
  z.strictObject({ kind: z.literal('outage'), endpoint, when }).readonly(),
  /** 429. */
  z
    .strictObject({
      kind: z.literal('throttling'),
      endpoint,
      when,
      /** Of the requests, each drawn on its own. */
      share: share.default(1),
      /** What the endpoint asks for; absent: it does not say. */
      retryAfterMs: z.number().min(0).max(3_600_000).optional(),
    })
    .readonly(),
  /** 429 from a token bucket, which says when the next token is there. */
  z
    .strictObject({
      kind: z.literal('rate-limit'),
      endpoint,
      when,
      requestsPerSecond: z.number().positive().max(1e6),
      /** Requests at once; it begins full. */
      burst: z.number().min(1).max(1e6),
    })
    .readonly(),
  /** 500 from the model server. */
  z.strictObject({ kind: z.literal('errors'), endpoint, when, share: share.default(1) }).readonly(),
  /** The request is taken, and nobody ever hears of it again. */
  z.strictObject({ kind: z.literal('silence'), endpoint, when, share: share.default(1) }).readonly(),
  /** Every step of one replica takes so many times as long. */
  z
    .strictObject({
      kind: z.literal('slow-replica'),
      endpoint,
      when,
      replica,
      factor: z.number().min(0.01).max(1_000),
    })
    .readonly(),
  /** What runs on the replica is lost, and it is gone until the window's end. */
  z.strictObject({ kind: z.literal('replica-failure'), endpoint, when, replica }).readonly(),
] as const;

export const faultSchema = z.discriminatedUnion('kind', [
  ...endpointFaultSchemas,
  /** Settlements that never reach the ledger. */
  z.strictObject({ kind: z.literal('lost-settles'), when, share }).readonly(),
  /** The ledger's process dies when a window begins, and is there again from what it last saved. */
  z
    .strictObject({
      kind: z.literal('ledger-eviction'),
      when,
      saveEveryMs: z.number().min(1).max(3_600_000).default(1_000),
    })
    .readonly(),
]);
export type Fault = z.output<typeof faultSchema>;
/** A fault of endpoints. */
export type EndpointFault = Exclude<Fault, { kind: 'lost-settles' | 'ledger-eviction' }>;
