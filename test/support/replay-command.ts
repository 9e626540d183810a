import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
  /** Resolves once it has written these words to stderr. */
  readonly says: (words: string) => Promise<void>;
  readonly ended: Promise<ReplayRun>;
}

/** Starts `npm run replay` as a process of its own, writing to a folder that goes with the test. */
export async function startReplay(...args: string[]): Promise<ReplayProcess> {
  const out = await temporaryFolder();
  const outFlag = args.includes('--out') ? [] : ['--out', out];
  const child = spawn(process.execPath, [main, ...args, ...outFlag], { stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text;
    });
  const ended = new Promise<ReplayRun>((resolve) =>
    child.once('close', (exitCode) => resolve({ exitCode, ...written })),
  );
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const says = async (words: string) => {
    while (!written.stderr.includes(words)) await once(child.stderr, 'data');
  };
  const { pid } = child;
  if (pid === undefined) throw new Error('the replay could not be started');
  return { pid, out, says, ended };
}
