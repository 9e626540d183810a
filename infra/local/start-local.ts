import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localCredentials } from './credentials.ts';
import type { FleetDefinition } from './definition.ts';
import { type Fleet, startFleet } from './fleet.ts';
import type { FleetName } from './fleets.ts';
import { GatewayProcess } from './gateway-process.ts';

export interface LocalOptions {
  /** The fleet, and with it the catalogue of the same name; `chat` by default. One of your own needs `CATALOGUE`. */
  readonly fleet?: FleetName | FleetDefinition;
  /** The gateway's loopback port; 0, the default, takes a free one. */
  readonly port?: number;
  /** How much faster than the real GPUs the fleet computes; 1 by default. */
  readonly speed?: number;
  /** Further variables of the Worker, such as `SCORER`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Told of every line the Worker logs. */
  readonly log?: (line: string) => void;
  /** Gives up starting; what was started is stopped again. */
  readonly signal?: AbortSignal;
}

/** A gateway and its fleet, running on this machine. */
export interface Local {
  readonly url: string;
  readonly fleet: Fleet;
  /** Resolves, with a sentence, when the gateway has ended without having been stopped. */
  crashed(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts the local fleet in this process and the gateway, under `wrangler dev`, in one of its own. Resolves when the
 * gateway answers. Nothing is kept between runs, and nothing leaves loopback.
 * @throws Error whose message is a sentence for the person at the keyboard; the signal's reason when aborted
 */
export async function startLocal(options: LocalOptions = {}): Promise<Local> {
  const { fleet: definition = 'chat', speed = 1, variables = {} } = options;
  const port = await claimPort(options.port ?? 0);
  const stateFolder = await mkdtemp(join(tmpdir(), 'sluice-'));
  const fleet = await startFleet({ fleet: definition, speed });
  const gateway = new GatewayProcess({
    port,
    stateFolder,
    log: options.log,
    variables: {
      FLEET_URL: fleet.url,
      ...(typeof definition === 'string' && { CATALOGUE: definition }),
      AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
      ...variables,
    },
  });
  const stop = async () => {
    await gateway.stop();
    await fleet.close();
    await rm(stateFolder, { recursive: true, force: true });
  };
  try {
    await gateway.ready(options.signal);
  } catch (error) {
    await stop();
    throw error;
  }
  const crashed = async () => `The gateway ${await gateway.ended()}. It last wrote:\n${gateway.output}`;
  return { url: `http://127.0.0.1:${port}`, fleet, crashed, stop };
}

/**
 * A port nobody listens on: this one, or for 0 any. `wrangler dev` would silently move to another if it were taken.
 * @throws Error with a sentence when it is taken
 */
async function claimPort(port: number): Promise<number> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(portFailure(port, error), { cause: error });
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : port;
}

function portFailure(port: number, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `Port ${port} is in use; set PORT to another one.`;
  if (code === 'EACCES') return `Port ${port} may not be used by you; set PORT to one above 1023.`;
  return `Port ${port} cannot be used: ${error instanceof Error ? error.message : error}`;
}
