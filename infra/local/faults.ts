import { z } from 'zod';

const afterTokens = z.int().min(0);

/** Something an endpoint can be told to do wrong. Tokens count from the answer's first, over all its choices. */
const faultSchema = z.discriminatedUnion('kind', [
  /**
   * Answers with this status. `code` picks the error where the protocol has several: a SageMaker error type
   * (`ThrottlingException`, `InternalDependencyException` …), a Workers AI code (`3036`, `3040` …).
   */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    code: z.string().optional(),
    retryAfterS: z.number().min(0).optional(),
  }),
  z.strictObject({ kind: z.literal('context-exceeded') }),
  /** Resets the connection before a byte is sent. */
  z.strictObject({ kind: z.literal('reset') }),
  /** Says nothing more, and keeps the connection. */
  z.strictObject({ kind: z.literal('silence'), after: z.enum(['request', 'headers']) }),
  z.strictObject({ kind: z.literal('slow-first-token'), delayMs: z.number().positive() }),
  z.strictObject({ kind: z.literal('slow-tokens'), tokensPerSecond: z.number().positive() }),
  /** Closes the connection in the middle of the body. */
  z.strictObject({ kind: z.literal('cut'), afterTokens }),
  /** Ends the body in the middle, as if it were complete. */
  z.strictObject({ kind: z.literal('end'), afterTokens }),
  z.strictObject({ kind: z.literal('stall'), afterTokens }),
  /** Sends something that is no JSON, then goes on as if nothing were. */
  z.strictObject({ kind: z.literal('malformed'), afterTokens }),
  /** All of the answer, finish reason included, but no `[DONE]`. */
  z.strictObject({ kind: z.literal('no-done') }),
  /** An error object inside the 200 answer; a stream ends after it. */
  z.strictObject({ kind: z.literal('error-inside'), afterTokens }),
  /** SageMaker streams: an exception frame. */
  z.strictObject({
    kind: z.literal('exception-frame'),
    exception: z.enum(['ModelStreamError', 'InternalStreamFailure']),
    afterTokens,
  }),
  /** SageMaker streams: a frame whose checksum is wrong, or that lacks its end. */
  z.strictObject({ kind: z.literal('damaged-frame'), how: z.enum(['bad-crc', 'truncated']), afterTokens }),
  /** A complete answer without content. */
  z.strictObject({ kind: z.literal('empty') }),
]);
export type Fault = z.output<typeof faultSchema>;

type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;

/** What happens in the middle of an answer, instead of the rest of it. */
export type Break = FaultOf<'cut' | 'end' | 'stall' | 'error-inside' | 'exception-frame' | 'damaged-frame'>;

/** A fault as what the serving code has to do. */
export interface Script {
  /** Instead of an answer. */
  readonly refuse?: FaultOf<'status' | 'context-exceeded'>;
  readonly reset?: true;
  readonly silentAfter?: 'request' | 'headers';
  readonly pace?: { readonly firstAfterMs: number; readonly gapMs: number };
  readonly breakBy?: Break;
  readonly malformedAfterTokens?: number;
  readonly withoutDone?: true;
  readonly empty?: true;
}

export function scriptOf(fault: Fault | undefined): Script {
  if (fault === undefined) return {};
  switch (fault.kind) {
    case 'status':
    case 'context-exceeded':
      return { refuse: fault };
    case 'reset':
      return { reset: true };
    case 'silence':
      return { silentAfter: fault.after };
    case 'slow-first-token':
      return { pace: { firstAfterMs: fault.delayMs, gapMs: 0 } };
    case 'slow-tokens':
      return { pace: { firstAfterMs: 0, gapMs: 1000 / fault.tokensPerSecond } };
    case 'cut':
    case 'end':
    case 'stall':
    case 'error-inside':
    case 'exception-frame':
    case 'damaged-frame':
      return { breakBy: fault };
    case 'malformed':
      return { malformedAfterTokens: fault.afterTokens };
    case 'no-done':
      return { withoutDone: true };
    case 'empty':
      return { empty: true };
  }
}

export const faultRuleSchema = z.strictObject({
  /** Id of the endpoint it befalls. */
  endpoint: z.string(),
  /** Only requests to this model of the endpoint; absent: to any. */
  model: z.string().optional(),
  fault: faultSchema,
  /** Requests it still befalls; absent: every one. */
  times: z.int().positive().optional(),
});
export type FaultRule = z.output<typeof faultRuleSchema>;

/** The faults in force. Of several rules for a request the oldest one applies. */
export class Faults {
  #rules: FaultRule[] = [];

  get rules(): readonly FaultRule[] {
    return this.#rules;
  }

  add(rule: FaultRule): void {
    this.#rules.push(rule);
  }

  /** @param endpoint only its rules; absent: all. */
  clear(endpoint?: string): void {
    this.#rules = this.#rules.filter((rule) => endpoint !== undefined && rule.endpoint !== endpoint);
  }

  /** The fault that befalls the next request to this model, counted as used. */
  take(endpoint: string, model: string): Fault | undefined {
    const index = this.#rules.findIndex(
      (rule) => rule.endpoint === endpoint && (rule.model ?? model) === model,
    );
    const rule = this.#rules[index];
    if (rule === undefined) return undefined;
    if (rule.times !== undefined) this.#use(index, { ...rule, times: rule.times - 1 });
    return rule.fault;
  }

  #use(index: number, left: FaultRule): void {
    if (left.times === 0) this.#rules.splice(index, 1);
    else this.#rules[index] = left;
  }
}
