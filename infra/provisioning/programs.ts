import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { repository } from '../desired-state/worker-settings.ts';

/** What a program printed, and how it ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Written to the program's standard input: the only way a secret goes there. */
  readonly input?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Lets its output pass through to the terminal as well. */
  readonly show?: boolean;
}

/** Runs one program and waits for it. Resolves whatever its exit code. */
export type Run = (args: readonly string[], options?: RunOptions) => Promise<Ended>;

/** The programs that a deployment consists of. */
export interface Programs {
  readonly aws: Run;
  readonly cdk: Run;
  readonly wrangler: Run;
}

const quiet = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  AWS_PAGER: '',
};

/** The project's own wrangler and CDK, and the AWS CLI of the machine. */
export function installedPrograms(): Programs {
  const { resolve } = createRequire(import.meta.url);
  const script = (path: string) => [process.execPath, path];
  return {
    aws: program(['aws']),
    cdk: program(script(join(resolve('aws-cdk/package.json'), '../bin/cdk'))),
    wrangler: program(script(join(resolve('wrangler/package.json'), '../bin/wrangler.js'))),
  };
}

/** A program by its command line's beginning. @throws Error when it cannot be started */
export function program([command, ...first]: readonly string[]): Run {
  return (args, { input = '', env = {}, show = false } = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(command!, [...first, ...args], {
        cwd: repository,
        env: { ...process.env, ...quiet, ...env },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        if (show) process.stdout.write(text);
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        if (show) process.stderr.write(text);
      });
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
      // A program that ends without reading its input is no error.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
    });
}
