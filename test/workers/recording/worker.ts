import type { Env } from '../../../src/config.ts';
import { app } from '../../../src/gateway/app.ts';
import type { Gateway } from '../../../src/gateway/context.ts';
import { gatewayFor } from '../../../src/gateway/gateway.ts';
import type { Observation } from '../../../src/routing/observation.ts';
import type { Scorer } from '../../../src/routing/scorer.ts';
import type { PoolSnapshot } from '../../../src/routing/snapshot.ts';
import type { RecordedDecision, Recording, ServedHead } from '../../support/agreement/recording.ts';

export { LocalAI } from '../../../infra/local/worker.ts';
export { PoolObject } from '../../../src/pool/pool-object.ts';

/** The Worker as it is, noting what its scorer sees and what it answers; `GET /recording` hands that over. */
const decisions: RecordedDecision[] = [];
const heads: ServedHead[] = [];
const heard = new WeakSet<Gateway>();

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    if (new URL(request.url).pathname === '/recording') return Response.json(takeAll());
    listenTo(gatewayFor(env));
    const response = await app.fetch(request, env, context);
    heads.push({
      requestId: response.headers.get('x-request-id') ?? '',
      serverTiming: response.headers.get('server-timing') ?? '',
    });
    return response;
  },
};

function takeAll(): Recording {
  return { decisions: decisions.splice(0), heads: heads.splice(0) };
}

/** An isolate builds one gateway and keeps it, so its scorer is exchanged in place. */
function listenTo(gateway: Gateway): void {
  if (heard.has(gateway)) return;
  heard.add(gateway);
  const { edge, scorer } = gateway;
  const noting: Scorer = {
    name: scorer.name,
    async score(observation) {
      const snapshot = edge.held?.snapshot;
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
