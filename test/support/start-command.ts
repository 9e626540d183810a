import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** `npm start`, in a folder for temporary files of its own. */
export class StartCommand {
  readonly #child: ChildProcess;
  readonly #mark: string;
  readonly #temporary: string;
  readonly #ended: Promise<number | null>;
  #output = '';

  private constructor(environment: Readonly<Record<string, string>>, temporary: string) {
    this.#mark = randomUUID();
    this.#temporary = temporary;
    this.#child = spawn('npm', ['start', '--silent'], {
      cwd: repository,
      env: { ...process.env, ...environment, TMPDIR: temporary, START_TEST: this.#mark },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  static async run(environment: Readonly<Record<string, string>>): Promise<StartCommand> {
    const temporary = await mkdtemp(join(tmpdir(), 'start-test-'));
    const command = new StartCommand(environment, temporary);
    onTestFinished(async () => {
      for (const { pid } of command.processes()) end(pid);
      await rm(temporary, { recursive: true, force: true });
    });
    return command;
  }

  /** Everything it has written. */
  get output(): string {
    return this.#output;
  }

  /** Resolves with the gateway's address when it says it is ready. @throws Error when it ends instead. */
  async ready(): Promise<string> {
    let ended = false;
    void this.#ended.then(() => {
      ended = true;
    });
    while (!ended) {
      const url = /^ready (\S+)$/m.exec(this.#output)?.[1];
      if (url !== undefined) return url;
      await new Promise((resolve) => this.#child.stdout?.once('data', resolve).once('close', resolve));
    }
    throw new Error(`npm start ended:\n${this.#output}`);
  }

  /** What a terminal does on Ctrl-C: the signal goes to npm and to what it runs, not to groups of their own. */
  interrupt(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
  }

  /** What a supervisor does that knows only the process it has started. */
  signalNpm(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with the exit code. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  /** Processes that it started, directly or not, and that still run. */
  processes(): { readonly pid: number; readonly line: string }[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => contents(`/proc/${pid}/environ`).includes(`START_TEST=${this.#mark}`))
      .map((pid) => ({ pid: Number(pid), line: contents(`/proc/${pid}/cmdline`).replaceAll('\0', ' ') }));
  }

  /** Names of what it has left among the temporary files. */
  async leftovers(): Promise<string[]> {
    return (await readdir(this.#temporary)).filter((name) => name.startsWith('sluice-'));
  }
}

/** One that has ended since it was looked for must not keep the next from being ended. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** A process may end while it is looked at. */
function contents(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
