import { z } from 'zod';
import { requestClasses } from '../../../src/routing/catalogue.ts';

/**
 * The workload file: which requests arrive, when, of which task, how long they are and what is predicted of that. Each
 * part is chosen on its own; README.md describes them for who writes one.
 */

/** Bounds far beyond what can be simulated: a slip of the pen is told from a wish. */
const mostRate = 1_000_000;
const mostSeconds = 366 * 86_400;
const mostTokens = 10_000_000;

const rate = z.number().positive().max(mostRate);
const rateOrQuiet = z.number().min(0).max(mostRate);
const seconds = z.number().positive().max(mostSeconds);
/** Of one stretch among many: without a least one, time would not move on. */
const stretchSeconds = z.number().min(0.001).max(mostSeconds);
const tokens = z.int().positive().max(mostTokens);
/** Standard deviation of a logarithm; at 5 one in a hundred is off by a factor of 100,000. */
const sigma = z.number().min(0).max(5);
const share = z.number().positive().max(1);
const task = z
  .string()
  .regex(/^[\w.-]{1,64}$/, 'expected letters, digits, ".", "_" and "-", at most 64 of them')
  // Tasks are keys of objects, where such a name would seem to be there without having been given.
  .refine((name) => !(name in Object.prototype), 'expected a name that not every object has');
const path = z.string().min(1);

const isRange = ({ from, to }: { from: number; to: number }) => from <= to;
const notARange = 'expected "from" not to be above "to"';

function rangeOf(value: z.ZodNumber) {
  return z.strictObject({ from: value, to: value }).refine(isRange, notARange).readonly();
}

const gapsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('poisson') }).readonly(),
  /** All gaps alike. */
  z.strictObject({ kind: z.literal('regular') }).readonly(),
  z.strictObject({ kind: z.literal('gamma'), cv: z.number().min(0.05).max(20) }).readonly(),
  z.strictObject({ kind: z.literal('weibull'), shape: z.number().min(0.1).max(20) }).readonly(),
]);
export type GapsDocument = z.output<typeof gapsSchema>;

const gaps = gapsSchema.prefault({ kind: 'poisson' });
const someRate = (rows: readonly { requestsPerSecond: number }[]) =>
  rows.some((row) => row.requestsPerSecond > 0);
const zeroRate = 'expected a rate: at least one "requestsPerSecond" must be above 0';

/** A recording's place and pace; shared by what is recorded in different formats. */
const recording = {
  /** Relative to the workload file; `data:` begins a path within the benchmark's data. */
  file: path,
  /** Time compression: at 4 an hour of the recording arrives within a quarter of one. */
  speed: z.number().positive().max(1e6).default(1),
  /** Where in the recording the workload begins, in recorded seconds, or `drawn` by the seed. */
  startS: z
    .union([z.literal('drawn'), z.number().min(0).max(mostSeconds)], 'expected "drawn" or seconds from 0 on')
    .default('drawn'),
  /** Each gap is multiplied by a lognormal factor of mean 1 and this sigma. */
  jitter: sigma.default(0),
};

const arrivalsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('steady'), requestsPerSecond: rate, gaps }).readonly(),
  /** Stretches of a length drawn uniformly and a rate drawn log-uniformly. */
  z
    .strictObject({
      kind: z.literal('regimes'),
      requestsPerSecond: rangeOf(rate),
      durationS: rangeOf(stretchSeconds),
      gaps,
    })
    .readonly(),
  /** States left after an exponential time for any other one alike. */
  z
    .strictObject({
      kind: z.literal('markov'),
      states: z
        .array(z.strictObject({ requestsPerSecond: rateOrQuiet, meanDurationS: stretchSeconds }).readonly())
        .min(2)
        .max(100)
        .refine(someRate, zeroRate)
        .readonly(),
      gaps,
    })
    .readonly(),
  /** Stretches of given length and rate, round and round. */
  z
    .strictObject({
      kind: z.literal('schedule'),
      phases: z
        .array(z.strictObject({ requestsPerSecond: rateOrQuiet, durationS: stretchSeconds }).readonly())
        .min(1)
        .max(10_000)
        .refine(someRate, zeroRate)
        .readonly(),
      gaps,
    })
    .readonly(),
  /** A CSV of recorded requests: Azure's columns, or `arrival_ms,input_tokens,output_tokens`. */
  z.strictObject({ kind: z.literal('trace'), ...recording }).readonly(),
  /** The gateway's own request records, one JSON line each. */
  z.strictObject({ kind: z.literal('records'), ...recording }).readonly(),
  /** Clients with a rate and a law of gaps of their own in every window of ten minutes. */
  z
    .strictObject({
      kind: z.literal('servegen'),
      folder: path,
      /** Mean over the whole recording. Absent: as recorded. */
      requestsPerSecond: rate.optional(),
      /** How long each recorded window lasts here; rates stay, so a day can pass in minutes. */
      windowS: seconds.default(600),
      startS: recording.startS,
    })
    .readonly(),
]);
export type ArrivalsDocument = z.output<typeof arrivalsSchema>;

const lawSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), tokens }).readonly(),
  z
    .strictObject({ kind: z.literal('uniform'), from: tokens, to: tokens })
    .refine(isRange, notARange)
    .readonly(),
  z
    .strictObject({ kind: z.literal('lognormal'), mean: tokens, sigma, max: tokens.default(mostTokens) })
    .readonly(),
  z.strictObject({ kind: z.literal('observed'), tokens: z.array(tokens).min(1).readonly() }).readonly(),
]);
export type LawDocument = z.output<typeof lawSchema>;

const lengthsSchema = z.discriminatedUnion('kind', [
  /** What is known of the task's requests; a conversation's for a task nobody has described. */
  z.strictObject({ kind: z.literal('task') }).readonly(),
  /** Each request's own, as recorded. */
  z.strictObject({ kind: z.literal('recorded') }).readonly(),
  z
    .strictObject({ kind: z.literal('independent'), promptTokens: lawSchema, outputTokens: lawSchema })
    .readonly(),
  /** Prompt and output drawn together from a trace's requests. */
  z.strictObject({ kind: z.literal('trace'), file: path }).readonly(),
  /** ServeGen's histograms of prompt and output lengths. */
  z.strictObject({ kind: z.literal('histograms'), file: path }).readonly(),
]);
export type LengthsDocument = z.output<typeof lengthsSchema>;

const sharesSchema = z
  .record(task, z.number().min(0).max(1e9))
  .refine((shares) => Object.values(shares).some((share) => share > 0), 'expected a share above 0')
  .readonly();

const mixSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('equal') }).readonly(),
  z.strictObject({ kind: z.literal('fixed'), shares: sharesSchema }).readonly(),
  /** Drawn afresh, all mixes alike: every so many seconds, or with every change of the rate. */
  z.strictObject({ kind: z.literal('redrawn'), everyS: rangeOf(stretchSeconds).optional() }).readonly(),
  /** Straight from one point to the next. */
  z
    .strictObject({
      kind: z.literal('shift'),
      points: z
        .array(z.strictObject({ atS: z.number().min(0).max(mostSeconds), shares: sharesSchema }).readonly())
        .min(1)
        .refine(
          (points) => points.every(({ atS }, index) => index === 0 || atS > points[index - 1]!.atS),
          'expected "atS" to increase from point to point',
        )
        .readonly(),
    })
    .readonly(),
]);
export type MixDocument = z.output<typeof mixSchema>;

const tasksSchema = z
  .record(
    task,
    z
      .strictObject({ class: z.enum(requestClasses).optional(), lengths: lengthsSchema.optional() })
      .readonly(),
  )
  .refine((tasks) => Object.keys(tasks).length > 0, 'expected at least one task')
  .readonly();

export const documentSchema = z
  .strictObject({
    name: z.string().min(1).max(100).optional(),
    /** Absent: all of a recording. Anything else has no end of its own. */
    durationS: seconds.optional(),
    arrivals: arrivalsSchema,
    /** Absent: the tasks the mix names, or the fleet's. */
    tasks: tasksSchema.optional(),
    /** Absent: equal shares, or the tasks that were recorded. */
    mix: mixSchema.optional(),
    /** Absent: as recorded where something was, otherwise each task's own. */
    lengths: lengthsSchema.optional(),
    /** Multiplies every output length by a lognormal factor with this median. */
    outputFactor: z
      .strictObject({ median: z.number().positive().max(1e6), sigma })
      .readonly()
      .optional(),
    /** Gives each request a predicted output length, off by a lognormal factor with median 1. */
    predictions: z.strictObject({ sigma }).readonly().optional(),
    /** Requests whose answers come as a whole instead of as a stream. */
    whole: z.strictObject({ share }).readonly().optional(),
    /** Clients that hang up before they have their answer, or after it: whatever comes first. */
    leaving: z.strictObject({ share, meanAfterS: seconds }).readonly().optional(),
  })
  .readonly();
export type WorkloadDocument = z.output<typeof documentSchema>;
/** A workload as a person writes it: defaults may be left out. */
export type WorkloadInput = z.input<typeof documentSchema>;
