import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const main = fileURLToPath(new URL('../../infra/local/replay.ts', import.meta.url));

export interface ReplayRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ReplayProcess {
  readonly pid: number;
  /** The folder given as `--out`. */
  readonly out: string;
  readonly ended: Promise<ReplayRun>;
}

/** Starts `npm run replay` as a process of its own, writing to a folder that goes with the test. */
export async function startReplay(...args: string[]): Promise<ReplayProcess> {
  const out = await temporaryFolder();
  const outFlag = args.includes('--out') ? [] : ['--out', out];
  const child = spawn(process.execPath, [main, ...args, ...outFlag], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const ended = Promise.all([exited, text(child.stdout), text(child.stderr)]);
  const { pid } = child;
  if (pid === undefined) throw new Error('the replay could not be started');
  return { pid, out, ended: ended.then(([exitCode, stdout, stderr]) => ({ exitCode, stdout, stderr })) };
}
