import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptFolder } from './places.ts';
import { Process } from './processes.ts';

const pinned = join(import.meta.dirname, 'portkey');

/** Portkey's gateway as npm publishes it. */
export interface Portkey {
  /** Its own entry point, for Node. */
  readonly program: string;
  /** The same code as a Worker. */
  readonly worker: string;
}

/**
 * Portkey's gateway with the versions of its own lock file, fetched from npm on first use and kept.
 * @throws Error when it is not there and cannot be fetched
 */
export async function installPortkey(): Promise<Portkey> {
  const folder = keptFolder('portkey-npm');
  if (!isInstalled(folder)) await install(folder);
  const program = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  const worker = join(folder, 'portkey-worker.js');
  writeFileSync(worker, toWorker(readFileSync(program, 'utf8')));
  return { program, worker };
}

function isInstalled(folder: string): boolean {
  const lock = join(folder, 'package-lock.json');
  return (
    existsSync(join(folder, 'node_modules/.package-lock.json')) &&
    existsSync(lock) &&
    readFileSync(lock).equals(readFileSync(join(pinned, 'package-lock.json')))
  );
}

async function install(folder: string): Promise<void> {
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(pinned, file), join(folder, file));
  // Without a network the answer should be a message soon, not npm's patience.
  const patience = ['--prefer-offline', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...patience];
  await new Process({ command: 'npm', args, cwd: folder }).succeed(120_000);
}

/**
 * The published file is the gateway's app followed by the code that serves it on Node. A Worker is the app alone;
 * it finds out by itself that it runs on workerd, where its makers run it too.
 */
function toWorker(program: string): string {
  const start = program.indexOf('const Fu=process.argv');
  const app = /\w+\(\w+\(\{fetch:(\w+)\.fetch/.exec(program.slice(start))?.[1];
  if (start === -1 || app === undefined) throw new Error('the published program is not the one expected');
  return `${program.slice(program.indexOf('\n') + 1, start)}\nexport default ${app};\n`;
}

/** Portkey learns from headers where to send a request. */
export function portkeyHeaders(upstreamUrl: string): Record<string, string> {
  return {
    authorization: 'Bearer bench',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${upstreamUrl}/v1`,
  };
}
