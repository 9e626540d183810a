import { z } from 'zod';

/**
 * The catalogue: what this gateway may choose from, and what is promised to whom. One document; the masks, the
 * scores, the ledger's shape, the local fleet and the deployment are all derived from it.
 *
 * Endpoints own capacity, variants are the rows a request is routed to. Several variants may name the same
 * endpoint; they then share its GPUs and its load.
 */

const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, ".", "_" and "-", at most 64 of them');
const positive = z.number().positive().finite();
const share = z.number().min(0).max(1);

/** The request classes, most urgent first. OpenAI's `service_tier` chooses one. */
export const requestClasses = ['interactive', 'standard', 'batch'] as const;
export type RequestClass = (typeof requestClasses)[number];

/** How often over a request of each class pays for its place, unless the operator says otherwise. */
export const pricePerClass: Readonly<Record<RequestClass, number>> = {
  interactive: 0.5,
  standard: 1,
  batch: 2,
};

/** A latency promise. Every bound that is present must hold for the request to be on time. */
const sloSchema = z
  .strictObject({
    /** Time from the request's arrival at the gateway to its first token. */
    ttftMs: positive.optional(),
    /** Mean time per output token after the first. */
    tpotMs: positive.optional(),
    /** Time from arrival to the last token. */
    e2eMs: positive.optional(),
  })
  .readonly();
export type Slo = z.output<typeof sloSchema>;

const backendSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('sagemaker'),
      /** It becomes part of AWS's host name. */
      region: z.string().regex(/^[a-z0-9-]{1,32}$/, 'lower-case letters, digits and "-", such as us-east-1'),
      endpointName: z.string().min(1),
      /** Where the SageMaker Runtime API is, when not at AWS's address for the region. */
      url: z.url().optional(),
    })
    .readonly(),
  z
    .strictObject({
      kind: z.literal('workers-ai'),
      /** Name of the Worker's AI binding. */
      binding: z.string().min(1).default('AI'),
    })
    .readonly(),
  z
    .strictObject({
      kind: z.literal('openai'),
      /** Everything before `/chat/completions`, usually ending in `/v1`. */
      baseUrl: z.url(),
      /** Name of the secret sent as the bearer token; absent: none is sent. */
      apiKeySecret: z.string().min(1).optional(),
    })
    .readonly(),
]);
export type BackendConfig = z.output<typeof backendSchema>;

const endpointSchema = z
  .strictObject({
    id,
    backend: backendSchema,
    /** Servers behind this address; it balances between them itself. What simulates them makes every one. */
    replicas: z.int().positive().max(1_000).default(1),
    /** Requests one replica may hold at once, waiting ones included. Above it the endpoint is masked. */
    maxInFlightPerReplica: z.int().positive().default(128),
  })
  .readonly();
export type Endpoint = z.output<typeof endpointSchema>;

/**
 * What a request may ask of a variant beyond one answer in plain text; a variant lists what it can do. `choices`: several
 * answers at once, which servers that do not know `n` would simply not give.
 */
const abilities = [
  'tools',
  'response_format',
  'logprobs',
  'choices',
  'images',
  'audio',
  'video',
  'files',
] as const;
export type Ability = (typeof abilities)[number];

const variantSchema = z
  .strictObject({
    id,
    endpoint: id,
    /** Public name of the model. Clients may pin it; answers carry it. */
    model: z.string().min(1),
    /** Name the backend knows the model by, when it is another. */
    servedAs: z.string().min(1).optional(),
    /** Prompt and output tokens together. */
    contextTokens: z.int().positive(),
    can: z.array(z.enum(abilities)).readonly().default(['tools', 'response_format', 'logprobs', 'choices']),
    /** Quality tier as LiteLLM counts them, higher is better; `x-litellm-min-quality-tier` asks for at least one. */
    tier: z.int().positive().default(1),
    /** Share of a task's requests answered well, per task, 0 to 1. */
    quality: z.record(id, share).readonly(),
    /** Quality parameters sent along with every request routed here. */
    parameters: z
      .strictObject({
        /** Upper bound put on the client's own `max_tokens`. */
        maxOutputTokens: z.int().positive().optional(),
        /** Fields merged over the client's body, for example `reasoning_effort`. */
        body: z.record(z.string(), z.unknown()).readonly().optional(),
        /** SageMaker: the inference component that serves this variant on a shared endpoint. */
        inferenceComponent: z.string().min(1).optional(),
        /** SageMaker: the artifact of a multi-model endpoint. */
        targetModel: z.string().min(1).optional(),
        /** SageMaker: the production variant to address. */
        targetVariant: z.string().min(1).optional(),
      })
      .readonly()
      .prefault({}),
    /** First guess of how fast it is, until its own traffic has taught better. Measure it, or leave the defaults. */
    prior: z
      .strictObject({
        /** Time to first token of an empty prompt on an idle endpoint. */
        ttftMs: positive.default(100),
        /** Further time per prompt token that has to be read first, its own and those waiting before it. */
        ttftMsPerToken: positive.default(0.1),
        /** Time per output token when alone. */
        tpotMs: positive.default(20),
        /** Further time per output token for each other request on the same replica. */
        tpotMsPerRequest: positive.default(0.5),
      })
      .readonly()
      .prefault({}),
    /** US dollars per million tokens. No scorer looks at it yet. */
    price: z
      .strictObject({ inputPerMillion: z.number().min(0), outputPerMillion: z.number().min(0) })
      .readonly()
      .optional(),
  })
  .readonly();
export type Variant = z.output<typeof variantSchema>;

const taskSchema = z
  .strictObject({
    slo: sloSchema,
    /** Quality below which an answer is not worth having. */
    minQuality: share.default(0),
    /** Mean output length, the first guess until its own traffic has taught better. */
    outputTokens: positive.default(200),
    class: z.enum(requestClasses).default('standard'),
  })
  .readonly();
export type Task = z.output<typeof taskSchema>;

const shadowPriceParameters = {
  alpha: z.number().min(0).default(0.5),
  beta: z.number().min(0).default(4),
  /** Weight of the harm that a request does to those in flight; 0: whoever comes looks after himself. */
  harm: z.number().min(0).default(1),
  /** Prices of single variants, where they differ. */
  perVariant: z
    .record(
      id,
      z
        .strictObject({
          alpha: z.number().min(0),
          beta: z.number().min(0),
          /**
           * Requests in flight per replica, for whichever variant, that are a full load for this one. Absent: as
           * many as keep the request's SLO.
           */
          places: positive.optional(),
        })
        .readonly(),
    )
    .readonly()
    .default({}),
  /**
   * How often over a request of a class pays the price of its place. As load grows, a dearer class leaves the
   * best variants sooner, and what it leaves is there for the cheaper ones: batch yields first, interactive last.
   */
  pricePerClass: z
    .strictObject({
      interactive: z.number().min(0).default(pricePerClass.interactive),
      standard: z.number().min(0).default(pricePerClass.standard),
      batch: z.number().min(0).default(pricePerClass.batch),
    })
    .readonly()
    .prefault({}),
};

/** Which scorer decides, with its parameters; each is described where the scorer is. */
export const scorerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('least-in-flight') }).readonly(),
  z.strictObject({ kind: z.literal('power-of-two') }).readonly(),
  z.strictObject({ kind: z.literal('static'), variant: id }).readonly(),
  z
    .strictObject({
      kind: z.literal('in-flight-caps'),
      /** Requests in flight per replica at which a variant counts as taken; absent ones use the endpoint's own bound. */
      caps: z.record(id, positive).readonly().default({}),
    })
    .readonly(),
  z
    .strictObject({
      kind: z.literal('largest-on-time'),
      /** Probability of being on time from which a variant counts as on time. */
      confidence: share.default(0.9),
    })
    .readonly(),
  z
    .strictObject({
      kind: z.literal('shadow-price'),
      ...shadowPriceParameters,
    })
    .readonly(),
  z
    .strictObject({
      kind: z.literal('learned'),
      /** Name of an exported network that comes with the Worker. */
      artifact: id.default('learned'),
      /**
       * What runs it. `plain`, loops over the weights in the same file, is the default because a network as small as ours
       * gains nothing by more: its scores are onnxruntime-web's (`onnx`) to 1e-5, which takes 23 % more CPU time a
       * request, 0.5 s of start-up instead of 0.1, 160 MiB instead of 71 and ten times the bundle; measured in
       * policy/export/README.md. `onnx` is for graphs that the loops do not know, and for pools of far more variants. It
       * has to be bundled: `CARRIES_ONNXRUNTIME` in wrangler.toml.
       */
      runtime: z.enum(['plain', 'onnx']).default('plain'),
      /** The shadow price that decides instead where the network cannot be loaded or fails. */
      fallback: z.strictObject(shadowPriceParameters).readonly().prefault({}),
    })
    .readonly(),
]);
export type ScorerConfig = z.output<typeof scorerSchema>;
export type LearnedConfig = Extract<ScorerConfig, { kind: 'learned' }>;
/** A scorer as a person writes it: defaults may be left out. */
export type ScorerInput = z.input<typeof scorerSchema>;

const catalogueShape = z.strictObject({
  /** Name of the pool; each pool has one ledger. */
  pool: id,
  endpoints: z.array(endpointSchema).min(1).readonly(),
  variants: z.array(variantSchema).min(1).readonly(),
  tasks: z.record(id, taskSchema).readonly(),
  /** Task of a request that names none. */
  defaultTask: id,
  scorer: scorerSchema.prefault({ kind: 'learned' }),
  /** Who says how long an answer will be: what the pool's own traffic has taught, or only its task's mean. */
  lengthPrediction: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('learned') }).readonly(),
      z.strictObject({ kind: z.literal('none') }).readonly(),
    ])
    .prefault({ kind: 'learned' }),
  /** How long silence is waited out before an endpoint is taken for dead, whatever the request's SLO. */
  patience: z
    .strictObject({
      firstTokenMs: positive.default(60_000),
      nextTokenMs: positive.default(30_000),
      /** For a whole answer that does not stream. */
      completionMs: positive.default(300_000),
    })
    .readonly()
    .prefault({}),
});

/** What has to be readable before references are checked; what else is wrong does not hinder that. */
const rowsShape = z.looseObject({
  endpoints: z.array(z.looseObject({ id })),
  variants: z.array(z.looseObject({ id, endpoint: id, quality: z.record(id, z.unknown()) })),
  tasks: z.record(id, z.unknown()),
  defaultTask: id,
});
const scorerShape = z.looseObject({ variants: z.array(z.looseObject({ id })), scorer: scorerSchema });

/** A catalogue whose references hold. Reports every fault of a document, not only the first. */
export const catalogueSchema = catalogueShape
  .superRefine(checkRows, { when: ({ value }) => rowsShape.safeParse(value).success })
  .superRefine(checkScorer, { when: ({ value }) => scorerShape.safeParse(value).success });
export type Catalogue = z.output<typeof catalogueSchema>;
/** A catalogue as a person writes it: defaults may be left out. */
export type CatalogueInput = z.input<typeof catalogueSchema>;

type Shape = z.output<typeof catalogueShape>;

function checkRows({ endpoints, variants, tasks, defaultTask }: Shape, context: z.RefinementCtx): void {
  const fault = faultsOf(context);
  const endpointIds = new Set(endpoints.map((endpoint) => endpoint.id));
  reportDuplicates(endpoints, (index, value) => fault(['endpoints', index, 'id'], 'used twice', value));
  reportDuplicates(variants, (index, value) => fault(['variants', index, 'id'], 'used twice', value));
  for (const [index, { endpoint, quality }] of variants.entries()) {
    if (!endpointIds.has(endpoint))
      fault(['variants', index, 'endpoint'], `no such endpoint; known: ${list(endpointIds)}`, endpoint);
    for (const task of Object.keys(tasks))
      if (!Object.hasOwn(quality, task)) fault(['variants', index, 'quality', task], 'missing', undefined);
  }
  if (!Object.hasOwn(tasks, defaultTask))
    fault(['defaultTask'], `no such task; known: ${list(Object.keys(tasks))}`, defaultTask);
}

function checkScorer({ variants, scorer }: Shape, context: z.RefinementCtx): void {
  const fault = faultsOf(context);
  const variantIds = new Set(variants.map((variant) => variant.id));
  for (const [path, named] of variantsNamedBy(scorer))
    if (!variantIds.has(named))
      fault(['scorer', ...path], `no such variant; known: ${list(variantIds)}`, named);
}

function faultsOf(context: z.RefinementCtx) {
  return (path: PropertyKey[], message: string, input: unknown) =>
    context.addIssue({ code: 'custom', path, message, input });
}

/** Where a scorer's parameters name variants, and which. */
function variantsNamedBy(scorer: ScorerConfig): readonly (readonly [string[], string])[] {
  switch (scorer.kind) {
    case 'static':
      return [[['variant'], scorer.variant]];
    case 'in-flight-caps':
      return Object.keys(scorer.caps).map((id) => [['caps', id], id]);
    case 'shadow-price':
      return Object.keys(scorer.perVariant).map((id) => [['perVariant', id], id]);
    case 'learned':
      return Object.keys(scorer.fallback.perVariant).map((id) => [['fallback', 'perVariant', id], id]);
    default:
      return [];
  }
}

function reportDuplicates(
  rows: readonly { id: string }[],
  report: (index: number, id: string) => void,
): void {
  const seen = new Set<string>();
  for (const [index, row] of rows.entries()) {
    if (seen.has(row.id)) report(index, row.id);
    seen.add(row.id);
  }
}

function list(values: Iterable<string>): string {
  return [...values].join(', ');
}

/** The endpoint a variant runs on. The catalogue's schema guarantees that it exists. */
export function endpointOf(catalogue: Catalogue, variant: Variant): Endpoint {
  const endpoint = catalogue.endpoints.find((candidate) => candidate.id === variant.endpoint);
  if (endpoint === undefined) throw new Error(`variant ${variant.id}: no endpoint ${variant.endpoint}`);
  return endpoint;
}
