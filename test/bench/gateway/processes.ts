import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const running = new Set<ChildProcess>();

/** Ends whatever is still running; also when this process is told to stop. */
export function endAllProcesses(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}
process.once('exit', endAllProcesses);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A program of its own, ended with this one. Descriptor 3 is a pipe, for programs that report their readiness there. */
export class Process {
  readonly child: ChildProcess;
  readonly #name: string;
  #output = '';

  constructor({ command, args, cwd, env }: Program) {
    this.#name = [command, ...args].join(' ');
    this.child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    running.add(this.child);
    this.child.once('close', () => running.delete(this.child));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (text: Buffer) => {
        this.#output = (this.#output + text).slice(-4_000);
      });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.#name} did not start`);
    return this.child.pid;
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#output.trim();
  }

  /** Resolves at a successful end. @throws Error with its last words at any other, or after the time given */
  async succeed(withinMs: number): Promise<void> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), withinMs);
    const code = await this.#end();
    clearTimeout(timer);
    if (code !== 0) throw new Error(`${this.#name} ended with ${code}:\n${this.output}`);
  }

  /** What `ready` resolves to, unless the program ends before. */
  async until<Value>(ready: Promise<Value>): Promise<Value> {
    const ended = this.#end().then((code) => {
      throw new Error(`${this.#name} ended with ${code} before it was ready:\n${this.output}`);
    });
    return await Promise.race([ready, ended]);
  }

  async end(): Promise<void> {
    const end = this.#end();
    this.child.kill('SIGKILL');
    await end;
  }

  #end(): Promise<number | string> {
    const { exitCode, signalCode } = this.child;
    if (exitCode !== null || signalCode !== null) return Promise.resolve(exitCode ?? signalCode ?? 'unknown');
    return new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    });
  }
}

/**
 * CPU time of a process so far, all its threads together, as the kernel's scheduler counted it: nanoseconds, where
 * /proc/PID/stat has hundredths of a second. Undefined where the kernel does not tell (anything but Linux).
 */
export function cpuMs(pid: number): number | undefined {
  try {
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`))
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    return nanoseconds / 1e6;
  } catch {
    return undefined;
  }
}

/** Memory of a process that is resident now. Undefined where the kernel does not tell. */
export function residentMiB(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}
