import { expect } from 'vitest';
import type { FleetDefinition } from '../../infra/local/definition.ts';
import type { Fleet } from '../../infra/local/fleet.ts';
import type { RequestRecord } from '../../infra/local/request-log.ts';
import { startLocal } from '../../infra/local/start-local.ts';
import type { CatalogueInput } from '../../src/routing/catalogue.ts';

export interface GatewayOptions {
  readonly fleet: FleetDefinition;
  /** Strings may contain `$FLEET_URL`. */
  readonly catalogue: CatalogueInput;
  /** How much faster than real GPUs the fleet computes. */
  readonly speed?: number;
  /** Further variables of the Worker. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Told of every line the Worker logs. */
  readonly log?: (line: string) => void;
}

/** The Worker under `wrangler dev`, with a fleet of its own behind it. */
export interface Gateway {
  readonly url: string;
  readonly fleet: Fleet;
  /** Resolves when neither the fleet nor the ledger holds a request any more. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the Worker as `npm start` does, in front of a fleet for tests. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { url, fleet, stop } = await startLocal({
    fleet: options.fleet,
    speed: options.speed ?? 20,
    variables: { CATALOGUE: JSON.stringify(options.catalogue), ...options.variables },
    ...(options.log && { log: options.log }),
  });
  const endpoints = options.fleet.endpoints.map(({ id }) => id);
  return { url, fleet, stop, idle: () => untilIdle(url, fleet, endpoints) };
}

async function untilIdle(url: string, fleet: Fleet, endpoints: readonly string[]): Promise<void> {
  const busy = (id: string) => fleet.load(id).running + fleet.load(id).waiting > 0;
  await expect.poll(() => endpoints.filter(busy), { timeout: 5_000 }).toEqual([]);
  const leased = async () => {
    const { ranking } = await routeOf(url, { model: 'auto', messages: [{ role: 'user', content: '?' }] });
    return ranking.filter(({ load }) => load.inFlight + load.queued + load.tokensInFlight > 0);
  };
  await expect.poll(leased, { timeout: 5_000 }).toEqual([]);
}

/** What `POST /v1/route` answers, as far as tests read it. */
export interface Route {
  readonly object: 'route';
  readonly scorer: string;
  readonly request: {
    readonly task: string;
    readonly class: string;
    readonly slo: Readonly<Record<string, number>>;
    readonly minQuality: number;
    readonly promptTokens: number;
    readonly expectedOutputTokens: number;
  };
  readonly ranking: readonly {
    readonly variant: string;
    readonly endpoint: string;
    readonly model: string;
    readonly score: number | null;
    readonly predicted: Readonly<Record<'ttftMs' | 'tpotMs' | 'e2eMs' | 'onTime', number>>;
    readonly load: Readonly<Record<'inFlight' | 'queued' | 'tokensInFlight' | 'coolingMs', number>>;
    readonly masked?: string;
  }[];
}

/** The decision a request would get. */
export async function routeOf(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Route> {
  const response = await post(url, '/v1/route', body, headers);
  if (response.status !== 200) throw new Error(`/v1/route: ${response.status} ${await response.text()}`);
  return (await response.json()) as Route;
}

/** Posts JSON, or text as it is. */
export function post(
  url: string,
  path: string,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** An error as OpenAI's clients read it. */
export interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

export async function errorIn(response: Response): Promise<ErrorBody> {
  return ((await response.json()) as { error: ErrorBody }).error;
}

/** Data of every event of a stream, `[DONE]` included. */
export async function eventsOf(response: Response): Promise<string[]> {
  const text = await response.text();
  return text.split('\n\n').flatMap((event) => {
    const line = event.split('\n').find((each) => each.startsWith('data: '));
    return line === undefined ? [] : [line.slice('data: '.length)];
  });
}

/** The last request that reached an endpoint. */
export function lastAt({ fleet }: Gateway, endpoint: string): RequestRecord {
  const record = fleet.requests.records.findLast((each) => each.endpoint === endpoint);
  if (record === undefined) throw new Error(`no request has reached ${endpoint}`);
  return record;
}
