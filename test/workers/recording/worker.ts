import { type Env, readConfig } from '../../../src/config.ts';
import { app } from '../../../src/gateway/app.ts';
import type { Gateway } from '../../../src/gateway/context.ts';
import { gatewayFor } from '../../../src/gateway/gateway.ts';
import { PoolEdge } from '../../../src/pool/pool-client.ts';
import { PoolObject as ProductionPool } from '../../../src/pool/pool-object.ts';
import type { Observation } from '../../../src/routing/observation.ts';
import type { Scorer } from '../../../src/routing/scorer.ts';
import type { PoolSnapshot } from '../../../src/routing/snapshot.ts';
import type { RecordedDecision, Recording, ServedHead } from '../../support/agreement/recording.ts';

export { LocalAI } from '../../../infra/local/local-ai.ts';
export { AccessObject } from '../../../src/access/access-object.ts';

/** The ledger as it is, and a way to start anew. */
export class PoolObject extends ProductionPool {
  async forget(): Promise<void> {
    await this.ctx.storage.deleteAll();
    this.ctx.abort('told to forget');
  }
}

/**
 * The Worker as it is, noting what its scorer sees and what it answers. `GET /recording` hands that over, and
 * `POST /forget` makes the pool as if nobody had ever asked for anything, while the process stays warm.
 */
const decisions: RecordedDecision[] = [];
const heads: ServedHead[] = [];
const heard = new WeakSet<Gateway>();

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/recording') return Response.json(takeAll());
    if (pathname === '/forget') return await forget(env);
    listenTo(gatewayFor(env));
    const response = await app.fetch(request, env, context);
    heads.push({
      requestId: response.headers.get('x-request-id') ?? '',
      serverTiming: response.headers.get('server-timing') ?? '',
    });
    return response;
  },
};

async function forget(env: Env): Promise<Response> {
  const gateway = gatewayFor(env);
  const pool = env.POOL.getByName(readConfig(env).catalogue.pool);
  // The binding leads to the class above; the Worker knows it by the ledger's own methods only.
  const forgetful = pool as typeof pool & Pick<PoolObject, 'forget'>;
  // It answers by breaking off.
  await forgetful.forget().catch(() => {});
  Object.assign(gateway, { edge: new PoolEdge() });
  takeAll();
  return new Response();
}

function takeAll(): Recording {
  return { decisions: decisions.splice(0), heads: heads.splice(0) };
}

/** An isolate builds one gateway and keeps it, so its scorer is exchanged in place. */
function listenTo(gateway: Gateway): void {
  if (heard.has(gateway)) return;
  heard.add(gateway);
  const { scorer } = gateway;
  const noting: Scorer = {
    name: scorer.name,
    async score(observation) {
      const snapshot = gateway.edge.held?.snapshot;
      const scores = await scorer.score(observation);
      decisions.push({
        observation,
        scores: Array.from(scores),
        ...(snapshot && isSeenIn(observation, snapshot) && { snapshot }),
      });
      return scores;
    },
  };
  Object.assign(gateway, { scorer: noting });
}

/** An observation holds the very loads of the snapshot it was made from. */
function isSeenIn({ actions }: Observation, { endpoints }: PoolSnapshot): boolean {
  return actions.every(({ endpoint, load }) => endpoints[endpoint.id] === load);
}
