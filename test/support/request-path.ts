import { AccessEdge } from '../../src/access/access-client.ts';
import { createBackends } from '../../src/backends/registry.ts';
import { parseChatRequest } from '../../src/gateway/chat-request.ts';
import type { Gateway } from '../../src/gateway/context.ts';
import { toRoutingRequest } from '../../src/gateway/routing-request.ts';
import { serve } from '../../src/gateway/serve.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Report } from '../../src/pool/lease.ts';
import { Ledger } from '../../src/pool/ledger.ts';
import { PoolClient, PoolEdge, type PoolRpc } from '../../src/pool/pool-client.ts';
import { type CatalogueInput, catalogueSchema } from '../../src/routing/catalogue.ts';
import { createScorer } from '../../src/routing/create-scorer.ts';
import type { RequestRecord } from '../../src/telemetry/record.ts';

/** What is sent where nothing about it matters. */
export const hello = { model: 'auto', messages: [{ role: 'user', content: 'Hello' }] };

/**
 * The gateway's request path in this process, without the Worker round it: real backends over HTTP, and a ledger that is
 * at hand.
 */
export class RequestPath {
  readonly ledger: Ledger;
  /** What the ledger was told. */
  readonly told: Report[] = [];
  readonly records: RequestRecord[] = [];
  /** Leaves for all requests at once. */
  readonly client = new AbortController();
  readonly #gateway: Gateway;
  readonly #rpc: PoolRpc;
  readonly #deferred: Promise<unknown>[] = [];

  /** @param options.rpc goes over the methods of the ledger that is at hand */
  constructor(
    input: CatalogueInput,
    { rpc = {}, clock = () => performance.now() }: { rpc?: Partial<PoolRpc>; clock?: Clock } = {},
  ) {
    const catalogue = catalogueSchema.parse(input);
    this.ledger = new Ledger(catalogue, Date.now());
    this.#rpc = { ...this.#inProcess(), ...rpc };
    this.#gateway = {
      config: { catalogue, access: { kind: 'open', sharedLimits: {}, origins: new Set() }, records: 'none' },
      scorer: createScorer(catalogue.scorer, Math.random),
      published: undefined,
      fallback: undefined,
      backends: createBackends({}),
      edge: new PoolEdge(),
      accessEdge: new AccessEdge(),
      records: (record) => this.records.push(record),
      redact: (text) => text,
      random: Math.random,
      clock,
    };
  }

  async serve(body: object): Promise<Response> {
    const request = parseChatRequest(body);
    const { edge, clock, config } = this.#gateway;
    const context = {
      gateway: this.#gateway,
      pool: new PoolClient(this.#rpc, edge, clock),
      requestId: 'r',
      receivedAtMs: clock(),
      commonHeaders: {},
      clientSignal: this.client.signal,
      defer: (work: Promise<unknown>) => this.#deferred.push(work),
    };
    const routing = toRoutingRequest(request, new Headers(), config.catalogue, undefined);
    return await serve(context, request, routing);
  }

  /** Resolves when all that was to happen after the answers has happened. */
  async settled(): Promise<void> {
    await Promise.all(this.#deferred);
  }

  #inProcess(): PoolRpc {
    const { ledger, told } = this;
    const take = (reports: readonly Report[]) => {
      told.push(...reports);
      for (const report of reports) ledger.report(report, Date.now());
    };
    return {
      async acquire(asks, reports) {
        take(reports);
        const places = asks.map((ask) => ledger.place(ask, Date.now()));
        return { places, snapshot: ledger.snapshot(Date.now()) };
      },
      async report(reports) {
        take(reports);
        return ledger.snapshot(Date.now());
      },
      async snapshot() {
        return ledger.snapshot(Date.now());
      },
    };
  }
}

/** Endpoints at addresses of OpenAI-compatible servers, each with one variant of the same name. */
export function endpointsAt(
  urls: Readonly<Record<string, string>>,
  rest: Partial<CatalogueInput> = {},
): CatalogueInput {
  const ids = Object.keys(urls);
  return {
    pool: 'pool',
    endpoints: ids.map((id) => ({ id, backend: { kind: 'openai', baseUrl: `${urls[id]}/v1` } })),
    variants: ids.map((id, place) => ({
      id,
      endpoint: id,
      model: id,
      contextTokens: 8_192,
      quality: { chat: 0.9 - place / 10 },
    })),
    tasks: { chat: { slo: {} } },
    defaultTask: 'chat',
    scorer: { kind: 'largest-on-time' },
    ...rest,
  };
}
