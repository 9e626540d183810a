import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bundle } from './bundle.ts';
import type { Destination } from './load.ts';
import { type Portkey, portkeyHeaders } from './portkey.ts';
import { Process } from './processes.ts';
import type { WorkerConfig } from './project-config.ts';
import { benchCatalogue } from './traffic.ts';
import { startWorkerd } from './workerd.ts';

/** Something that answers chat completions, and the process it does so in. */
export interface Target {
  readonly name: string;
  readonly destination: Destination;
  /** Absent: nobody's cost is asked for. */
  readonly pid?: number | undefined;
}

export function direct(upstreamPort: number): Target {
  return { name: 'upstream', destination: { port: upstreamPort, headers: {} } };
}

export async function startGateway(
  bundle: Bundle,
  config: WorkerConfig,
  upstreamUrl: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Target> {
  const variables = { CATALOGUE: JSON.stringify(benchCatalogue(upstreamUrl)), ACCESS: 'open', ...more };
  const { process, port } = await startWorkerd(bundle, config, variables);
  return { name: bundle.name, destination: { port, headers: {} }, pid: process.pid };
}

export async function startProxy(bundle: Bundle, config: WorkerConfig, upstreamUrl: string): Promise<Target> {
  const { process, port } = await startWorkerd(bundle, config, { UPSTREAM: upstreamUrl });
  return { name: 'proxy', destination: { port, headers: {} }, pid: process.pid };
}

export async function startPortkeyWorker(
  bundle: Bundle,
  config: WorkerConfig,
  upstreamUrl: string,
): Promise<Target> {
  const { process, port } = await startWorkerd(bundle, config);
  return { name: 'portkey', destination: { port, headers: portkeyHeaders(upstreamUrl) }, pid: process.pid };
}

export async function startPortkeyOnNode({ program }: Portkey, upstreamUrl: string): Promise<Target> {
  const port = await freePort();
  const process = new Process({
    command: globalThis.process.execPath,
    args: [program, `--port=${port}`, '--headless'],
    cwd: import.meta.dirname,
    env: { NODE_ENV: 'production' },
  });
  await process.until(accepting(port));
  return {
    name: 'portkey-node',
    destination: { port, headers: portkeyHeaders(upstreamUrl) },
    pid: process.pid,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A program that does not say when it listens is asked until it does. */
async function accepting(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`nothing listens on port ${port}`);
}
