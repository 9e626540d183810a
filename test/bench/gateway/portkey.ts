import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installPinned } from '../pinned-package.ts';
import { keptFolder } from './places.ts';

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
  await installPinned(pinned, folder);
  const program = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  const worker = join(folder, 'portkey-worker.js');
  writeFileSync(worker, toWorker(readFileSync(program, 'utf8')));
  return { program, worker };
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
