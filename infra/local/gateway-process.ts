import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeVariables } from './variables-file.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const wrangler = fileURLToPath(new URL('../../node_modules/wrangler/bin/wrangler.js', import.meta.url));
const endWithParent = new URL('end-with-parent.ts', import.meta.url).href;

/** What keeps `wrangler dev` on this machine, and quiet. */
const quietEnvironment = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  X_LOCAL_EXPLORER: 'false',
  X_LOCAL_OBSERVABILITY: 'false',
  NO_COLOR: '1',
  FORCE_COLOR: '0',
};

/** Of lines that are wrangler's, not the Worker's: one per request. */
const ownLinePrefix = '[wrangler:info]';

/** Lines of its output kept, to be shown if it fails. */
const keptLines = 25;

/** How long it may take to answer the first request, and then to stop. */
const startMs = 120_000;
const stopMs = 5_000;
const pollMs = 50;
/** What an unhealthy gateway logs comes a moment after its answer. */
const logMs = 500;

export interface GatewayProcessOptions {
  readonly port: number;
  /** A folder of its own, for variables, the state of Durable Objects and logs. */
  readonly stateFolder: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Told of every line the Worker logs once it is ready. */
  readonly log?: ((line: string) => void) | undefined;
}

/** `wrangler dev` with the Worker in its local environment, as a process group that is ended as a whole. */
export class GatewayProcess {
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly #lines: string[] = [];
  readonly #killAtExit = () => this.#signal('SIGKILL');
  readonly #ended = Promise.withResolvers<string>();
  readonly #log: (line: string) => void;
  #running = true;
  #ready = false;

  constructor(options: GatewayProcessOptions) {
    this.#url = `http://127.0.0.1:${options.port}`;
    this.#log = options.log ?? (() => {});
    const program = ['--import', endWithParent, wrangler];
    this.#child = spawn(process.execPath, [...program, ...argumentsFor(options)], {
      cwd: repository,
      env: { ...process.env, ...quietEnvironment, WRANGLER_LOG_PATH: options.stateFolder },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: wrangler has children, and a Ctrl-C in the terminal must not reach them before us.
      detached: true,
    });
    this.#keep(this.#child.stdout);
    this.#keep(this.#child.stderr);
    this.#child.once('error', (error) => this.#end(`could not be started: ${error.message}`));
    // What it leaves behind goes with it, and would else keep the pipes open.
    this.#child.once('exit', this.#killAtExit);
    this.#child.once('close', (code, signal) => this.#end(`stopped with ${signal ?? `exit code ${code}`}`));
    process.once('exit', this.#killAtExit);
  }

  /** The last lines it wrote. */
  get output(): string {
    return this.#lines.join('\n');
  }

  /** Resolves with the reason when it ends, whoever ended it. */
  ended(): Promise<string> {
    return this.#ended.promise;
  }

  /**
   * Resolves when the Worker answers.
   * @throws Error whose message says why it does not, with what it last wrote; the signal's reason when aborted
   */
  async ready(signal: AbortSignal | undefined): Promise<void> {
    const deadline = performance.now() + startMs;
    while (performance.now() < deadline) {
      signal?.throwIfAborted();
      if (!this.#running) throw this.#failure(`The gateway ${await this.ended()}.`);
      const response = await fetch(`${this.#url}/healthz`).catch(() => undefined);
      if (response?.ok) {
        this.#ready = true;
        return;
      }
      if (response) {
        await pause(logMs);
        throw this.#failure(`The gateway is not healthy: ${await response.text()}`);
      }
      await pause(pollMs);
    }
    throw this.#failure(`The gateway did not answer within ${startMs / 1000} s.`);
  }

  /** Ends the whole group, by force if it does not hurry. */
  async stop(): Promise<void> {
    if (this.#running) {
      this.#signal('SIGTERM');
      await Promise.race([this.ended(), pause(stopMs, undefined, { ref: false })]);
    }
    this.#signal('SIGKILL');
    process.off('exit', this.#killAtExit);
  }

  #end(reason: string): void {
    this.#running = false;
    this.#ended.resolve(reason);
  }

  #failure(sentence: string): Error {
    return new Error(this.output === '' ? sentence : `${sentence} It last wrote:\n${this.output}`);
  }

  #keep(stream: NodeJS.ReadableStream | null): void {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') this.#keepLine(line);
      this.#lines.splice(0, this.#lines.length - keptLines);
    });
  }

  #keepLine(line: string): void {
    this.#lines.push(line);
    // Before this there are only the lists of bindings that it prints each time.
    if (line.includes('Ready on ')) this.#lines.length = 0;
    else if (this.#ready && !line.includes(ownLinePrefix)) this.#log(line);
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      // A negative id means the group, which Windows does not have.
      process.kill(process.platform === 'win32' ? pid : -pid, signal);
    } catch {
      // Gone already.
    }
  }
}

function argumentsFor({ port, stateFolder, variables }: GatewayProcessOptions): string[] {
  return [
    ...['dev', '--env', 'local', '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0'],
    ...['--persist-to', stateFolder, '--show-interactive-dev-session=false'],
    ...['--env-file', writeVariables(stateFolder, variables)],
  ];
}
