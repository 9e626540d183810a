import type { BackendCall, ChatChunk } from '../../src/backends/backend.ts';
import { BackendError } from '../../src/backends/failure.ts';
import { type BackendConfig, catalogueSchema, type Variant } from '../../src/routing/catalogue.ts';
import type { BackendFailure } from '../../src/routing/failure.ts';

/** A call to the only variant of a catalogue made for it. */
export function callTo(
  backend: BackendConfig,
  overrides: {
    readonly body?: BackendCall['body'];
    readonly variant?: Partial<Variant>;
    readonly signal?: AbortSignal;
  } = {},
): BackendCall {
  const { endpoints, variants } = catalogueSchema.parse({
    pool: 'test',
    endpoints: [{ id: 'endpoint', backend }],
    variants: [
      {
        id: 'variant',
        endpoint: 'endpoint',
        model: 'model',
        contextTokens: 4096,
        quality: { chat: 1 },
        ...overrides.variant,
      },
    ],
    tasks: { chat: { slo: {} } },
    defaultTask: 'chat',
  });
  return {
    endpoint: endpoints[0]!,
    variant: variants[0]!,
    body: overrides.body ?? { messages: [{ role: 'user', content: 'Hello' }] },
    requestId: 'request-1',
    signal: overrides.signal ?? new AbortController().signal,
  };
}

/** The batches of a stream, to its end. */
export async function batchesOf(
  stream: AsyncIterable<readonly ChatChunk[]>,
): Promise<(readonly ChatChunk[])[]> {
  const batches: (readonly ChatChunk[])[] = [];
  for await (const batch of stream) batches.push(batch);
  return batches;
}

/** All chunks of a stream, without their batches. */
export async function chunksOf(stream: AsyncIterable<readonly ChatChunk[]>): Promise<ChatChunk[]> {
  return (await batchesOf(stream)).flat();
}

/** Text of a choice, from the chunks it came in. */
export function textOf(chunks: readonly ChatChunk[], index = 0): string {
  return chunks
    .flatMap((chunk) => chunk.choices)
    .filter((choice) => choice.index === index)
    .map((choice) => choice.delta.content ?? '')
    .join('');
}

/** The failure a call ends with. A call that succeeds, or throws anything but a `BackendError`, is an error here. */
export async function failureOf(call: Promise<unknown>): Promise<BackendFailure> {
  return (await backendErrorOf(call)).failure;
}

export async function backendErrorOf(call: Promise<unknown>): Promise<BackendError> {
  const error = await call.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (error instanceof BackendError) return error;
  throw error;
}
