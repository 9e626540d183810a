import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Backend, BackendCall, ChatChunk, ChatCompletion } from '../../src/backends/backend.ts';
import type { Bindings } from '../../src/backends/bindings.ts';
import { BackendError } from '../../src/backends/failure.ts';
import type { BackendConfig } from '../../src/routing/catalogue.ts';
import type { BackendFailure } from '../../src/routing/failure.ts';
import { type Bundle, bundleWorker } from '../bench/gateway/bundle.ts';
import { Process } from '../bench/gateway/processes.ts';

/** What the Worker writes, a line each. */
type Line =
  | { readonly answer: ChatCompletion }
  | { readonly batch: readonly ChatChunk[] }
  | { readonly end: true }
  | { readonly failure: BackendFailure; readonly message: string }
  | { readonly defect: string };

/**
 * Backends that run in workerd, and nothing else there, in front of a fleet. Bare workerd: wrangler's test harness
 * passes what the Worker fetches through Node, which gathers a stream before it hands it on and hides resets.
 */
export class WorkerdRuntime {
  #bundle: Promise<Bundle> | undefined;
  #process: Process | undefined;
  #url = '';

  async start(fleetUrl: string): Promise<void> {
    this.#bundle ??= bundleWorker('contract-backends', entry, compatibilityDate);
    const { folder, modules } = await this.#bundle;
    const file = join(folder, 'config.capnp');
    writeFileSync(file, configuration(modules, fleetUrl));
    this.#process = new Process({
      command: workerd,
      args: ['serve', '--experimental', '--control-fd=3', file],
      cwd: folder,
    });
    this.#url = `http://127.0.0.1:${await this.#process.until(listeningPort(this.#process))}`;
  }

  async stop(): Promise<void> {
    await this.#process?.end();
  }

  /** Text among the bindings goes over the Worker's own, undefined removes; the AI binding is the Worker's. */
  backend(kind: BackendConfig['kind'], bindings: Bindings): Backend {
    return new WorkerdBackend(this.#url, kind, bindings);
  }
}

const entry = fileURLToPath(new URL('../workers/backends/worker.ts', import.meta.url));
const compatibilityDate = '2026-10-01';

// wrangler brings workerd.
const fromWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler'));
const { default: workerd } = fromWrangler('workerd') as { default: string };

/** workerd writes a JSON line per socket once it listens. */
async function listeningPort({ child }: Process): Promise<number> {
  // The descriptor was asked for as a pipe.
  const [line] = await once(createInterface({ input: child.stdio[3] as Readable }), 'line');
  return JSON.parse(line).port;
}

/** The stand-in for Workers AI is an entrypoint of the same Worker, as in the local configuration. */
function configuration(modules: readonly string[], fleetUrl: string): string {
  const embedded = modules.map((file) => {
    const kind = file.endsWith('.js') ? 'esModule' : file.endsWith('.wasm') ? 'wasm' : 'data';
    return `(name = "${file}", ${kind} = embed "${file}")`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${embedded.join(', ')}],
      compatibilityDate = "${compatibilityDate}",
      compatibilityFlags = ["enable_abortsignal_rpc"],
      bindings = [
        (name = "FLEET_URL", text = "${fleetUrl}"),
        (name = "AI", service = (name = "main", entrypoint = "LocalAI")),
      ],
      globalOutbound = "loopback",
    )),
    (name = "loopback", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
}

class WorkerdBackend implements Backend {
  readonly #url: string;
  readonly #kind: BackendConfig['kind'];
  readonly #bindings: Bindings;

  constructor(url: string, kind: BackendConfig['kind'], bindings: Bindings) {
    this.#url = url;
    this.#kind = kind;
    this.#bindings = bindings;
  }

  async complete(call: BackendCall): Promise<ChatCompletion> {
    const line = await (await this.#order('complete', call)).next();
    if ('answer' in line) return line.answer;
    throw new Error('no answer');
  }

  async stream(call: BackendCall): Promise<AsyncIterable<readonly ChatChunk[]>> {
    return new Batches(await this.#order('stream', call));
  }

  async #order(operation: 'complete' | 'stream', { signal, ...call }: BackendCall): Promise<Lines> {
    signal.throwIfAborted();
    const bindings = Object.entries(this.#bindings)
      .filter(([, value]) => typeof value !== 'object')
      .map(([name, value]) => [name, value ?? null]);
    const body = { operation, kind: this.#kind, call, bindings: Object.fromEntries(bindings) };
    const sent = request(this.#url, { method: 'POST' });
    const lines = new Lines(sent, signal);
    sent.end(JSON.stringify(body));
    await lines.begin();
    return lines;
  }
}

class Batches implements AsyncIterableIterator<readonly ChatChunk[]> {
  readonly #lines: Lines;

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<readonly ChatChunk[], undefined>> {
    const line = await this.#lines.next();
    return 'batch' in line ? { done: false, value: line.batch } : { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<readonly ChatChunk[], undefined>> {
    this.#lines.leave();
    return { done: true, value: undefined };
  }
}

/** Lines of an answer; a failure among them is thrown. */
class Lines {
  readonly #request: ClientRequest;
  readonly #signal: AbortSignal;
  #parts: AsyncIterator<string> | undefined;
  #text = '';

  constructor(sent: ClientRequest, signal: AbortSignal) {
    this.#request = sent;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.leave());
  }

  /** Resolves when the backend has accepted the call. */
  async begin(): Promise<void> {
    const [response] = await once(this.#request, 'response').catch((error) => this.#fail(error));
    this.#parts = response.setEncoding('utf8')[Symbol.asyncIterator]();
    // A failure before the answer is the only line, and belongs to the call itself.
    if (response.statusCode !== 200) await this.next();
  }

  async next(): Promise<Line> {
    while (!this.#text.includes('\n')) {
      const { done, value } = await this.#parts!.next().catch((error) => this.#fail(error));
      if (done) throw new Error('the Worker ended its answer without saying so');
      this.#text += value;
    }
    const end = this.#text.indexOf('\n');
    // Written by the Worker of this suite.
    const line = JSON.parse(this.#text.slice(0, end)) as Line;
    this.#text = this.#text.slice(end + 1);
    if ('failure' in line) throw new BackendError(line.failure, line.message);
    if ('defect' in line) throw new Error(line.defect);
    return line;
  }

  /** A reset, because workerd takes a connection closed politely for half closed, and notices when it next writes. */
  leave(): void {
    this.#request.socket?.resetAndDestroy();
  }

  #fail(error: unknown): never {
    this.#signal.throwIfAborted();
    throw error;
  }
}
