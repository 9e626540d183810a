import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Credentials, localCredentials } from './credentials.ts';
import type { FleetDefinition } from './definition.ts';
import { Faults } from './faults.ts';
import { type FleetName, fleets } from './fleets.ts';
import { send } from './http.ts';
import { control } from './protocols/control.ts';
import { openai } from './protocols/openai.ts';
import type { FleetState, Protocol } from './protocols/protocol.ts';
import { sagemaker } from './protocols/sagemaker.ts';
import { workersAi } from './protocols/workers-ai.ts';
import { RequestLog } from './request-log.ts';
import { Endpoint } from './serving/endpoint.ts';
import type { ReplicaLoad } from './serving/replica.ts';
import { realTimeline, type Timeline } from './serving/timeline.ts';
import { HttpError, jsonAnswer, RefusedError } from './wire/refusal.ts';

export interface FleetOptions {
  /** One of the bench's fleets, or one of your own. */
  readonly fleet: FleetName | FleetDefinition;
  /** Loopback port; 0, the default, takes a free one. */
  readonly port?: number;
  /** What the SageMaker side wants requests signed with; by default `localCredentials`. */
  readonly credentials?: Credentials;
  /** How much faster than the real GPUs it computes; 1 by default. */
  readonly speed?: number;
  readonly timeline?: Timeline;
}

export interface Fleet {
  readonly url: string;
  readonly faults: Faults;
  /** The last requests that reached a model, and what became of them. */
  readonly requests: RequestLog;
  /** What an endpoint holds now. @throws RangeError for an unknown id. */
  load(endpointId: string): ReplicaLoad;
  /** Breaks off what is under way. */
  close(): Promise<void>;
}

/**
 * Starts GPU endpoints on this machine that behave as real ones do, and answer in the protocols of real ones.
 * @throws the server's own error, such as EADDRINUSE.
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const definition = typeof options.fleet === 'string' ? fleets[options.fleet] : options.fleet;
  const { timeline = realTimeline, speed = 1, credentials = localCredentials } = options;
  const endpoints = definition.endpoints.map((each) => new Endpoint(each, timeline, speed));
  const state: FleetState = { endpoints, faults: new Faults(), log: new RequestLog(), credentials };
  const server = createServer((request, response) => void answer(request, response, state));
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}`,
    faults: state.faults,
    requests: state.log,
    load: (id) => endpointWithId(endpoints, id).load(),
    async close() {
      for (const endpoint of endpoints) endpoint.stop();
      server.closeAllConnections();
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  // Longer than any client keeps an idle connection, so that none is closed under a request on its way.
  server.keepAliveTimeout = 120_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fleet has no port');
  return address.port;
}

const protocols: readonly (readonly [prefix: string, protocol: Protocol])[] = [
  ['/endpoints/', sagemaker],
  ['/openai/', openai],
  ['/workers-ai/run', workersAi],
  ['/control/', control],
];

async function answer(request: IncomingMessage, response: ServerResponse, fleet: FleetState): Promise<void> {
  // A client that leaves makes the response fail; who writes learns it from the signal instead.
  response.on('error', () => {});
  try {
    const [, protocol] = protocols.find(([prefix]) => request.url?.startsWith(prefix)) ?? [];
    if (protocol === undefined)
      throw new HttpError(jsonAnswer(404, { error: `no such path: ${request.url}` }));
    await protocol(request, response, fleet);
  } catch (error) {
    fail(response, error);
  }
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else if (error instanceof HttpError) send(response, error.answer);
  else if (error instanceof RefusedError) send(response, jsonAnswer(400, { error: error.refusal }));
  else {
    console.error(error);
    send(response, jsonAnswer(500, { error: 'the fleet itself failed; see its log' }));
  }
}

function endpointWithId(endpoints: readonly Endpoint[], id: string): Endpoint {
  const found = endpoints.find((endpoint) => endpoint.definition.id === id);
  if (found) return found;
  throw new RangeError(`endpoint: ${id}; known: ${endpoints.map((each) => each.definition.id).join(', ')}`);
}
