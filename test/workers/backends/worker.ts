import type { Backend, BackendCall } from '../../../src/backends/backend.ts';
import { BackendError } from '../../../src/backends/failure.ts';
import { type Backends, createBackends } from '../../../src/backends/registry.ts';

export { LocalAI } from '../../../infra/local/local-ai.ts';

/** What the contract suite asks of a backend here. */
interface Order {
  readonly operation: 'complete' | 'stream';
  readonly kind: keyof Backends;
  readonly call: Omit<BackendCall, 'signal'>;
  /** Over the environment; null removes. */
  readonly bindings: Readonly<Record<string, string | null>>;
}

/** A client's first call is slow, so one set of backends serves every order with the same bindings. */
const made = new Map<string, Backends>();

function backendFor({ kind, bindings }: Order, env: object): Backend {
  const key = JSON.stringify(bindings);
  const backends = made.get(key) ?? createBackends({ ...env, ...bindings });
  made.set(key, backends);
  return backends[kind];
}

/** Not text, which wrangler's proxy would gather in order to compress it. */
const headers = { 'content-type': 'application/octet-stream' };

/** Answers with one line of JSON per batch, or with one line for the answer; a failure is the last line. */
export default {
  async fetch(request: Request, env: object): Promise<Response> {
    const order: Order = await request.json();
    const call: BackendCall = { ...order.call, signal: request.signal };
    const backend = backendFor(order, env);
    try {
      if (order.operation === 'complete') return new Response(line({ answer: await backend.complete(call) }));
      return new Response(lines(await backend.stream(call)), { headers });
    } catch (error) {
      return new Response(line(described(error)), { status: 500 });
    }
  },
};

function lines(stream: Awaited<ReturnType<Backend['stream']>>): ReadableStream<Uint8Array> {
  const batches = stream[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, text } = await next(batches);
      if (text !== '') controller.enqueue(encoder.encode(text));
      if (done) controller.close();
    },
    async cancel() {
      await batches.return?.();
    },
  });
}

async function next(
  batches: AsyncIterator<readonly object[]>,
): Promise<{ readonly done: boolean; readonly text: string }> {
  try {
    const { done, value } = await batches.next();
    return done ? { done: true, text: line({ end: true }) } : { done: false, text: line({ batch: value }) };
  } catch (error) {
    return { done: true, text: line(described(error)) };
  }
}

function described(error: unknown): object {
  return error instanceof BackendError
    ? { failure: error.failure, message: error.message }
    : { defect: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
