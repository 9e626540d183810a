import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { namedFleet } from '../../policy/arena/named-fleets.ts';
import { bundledCatalogues } from '../../src/catalogues/index.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { type Catalogue, catalogueSchema, scorerSchema } from '../../src/routing/catalogue.ts';
import { createScorer } from '../../src/routing/create-scorer.ts';
import { type Action, observe } from '../../src/routing/observation.ts';
import { type RecordingGateway, startRecordingGateway } from '../support/agreement/recording-gateway.ts';
import { type Replayed, replayThrough } from '../support/agreement/replayed.ts';
import { requestsOf } from '../support/agreement/requests.ts';
import {
  choiceOf,
  isCloseCall,
  isSameChoice,
  isSameState,
  pairsOf,
} from '../support/agreement/same-decisions.ts';
import { type Figures, figuresOf, type Times } from '../support/agreement/served.ts';
import { measuredConditions, type Simulated, simulate } from '../support/agreement/simulated.ts';
import { slowedCatalogue, slowedFleet } from '../support/agreement/slowed.ts';

/**
 * One part of a trace through the real gateway and fleet over HTTP, and through the simulator. The GPUs take five times
 * as long as real ones, and the promises are five times as long, so that the load on the pool is that of five times
 * the trace's requests while gateway, fleet and client together stay a small part of two cores: what is to be compared
 * is the pool, not how well a busy machine keeps time.
 */
const slowness = 5;
const trace = '../shared/data/azure_llm_2023/AzureLLMInferenceTrace_conv.csv';
const requests = {
  file: trace,
  from: 5_000,
  durationMs: 30_000,
  // At this speed the longest answers of the trace would take minutes.
  mostOutputTokens: 64,
  task: 'ifeval',
};

/** One that answers at once, as the simulator needs it, and that looks after the request alone, so that a few are late. */
const scorer = scorerSchema.parse({ kind: 'shadow-price', harm: 0 });

/** A mean over fewer requests of a variant says more about which ones they were than about it. */
const fewestPerVariant = 20;
/**
 * Decisions on the same state below which it would say little that all of them are the same. On a quiet machine nearly
 * all are; a busy one soon lets the two histories part, as two runs of the gateway would.
 */
const fewestSame = 5;

describe.skipIf(!existsSync(trace))(`the conversation trace (${trace})`, () => {
  const chat = namedFleet('chat');
  const fleet = slowedFleet({ ...chat, catalogue: { ...chat.catalogue, scorer } }, slowness);
  let gateway: RecordingGateway;
  let real: Replayed;
  let simulated: Simulated;

  beforeAll(async () => {
    gateway = await startRecordingGateway({ fleet: 'chat', speed: 1 / slowness, catalogue: chatCatalogueAt });
    real = await replayThrough(gateway, requestsOf(requests));
    simulated = simulate(fleet, real.requests, measuredConditions(real));
  });
  afterAll(() => gateway?.stop());

  test('is served as it was asked for, under a load that the fleet queues', () => {
    const asked = requestsOf(requests).map(({ promptTokens, outputTokens }) => [promptTokens, outputTokens]);
    expect(real.requests.map((sent) => [sent.promptTokens, sent.outputTokens])).toEqual(asked);
    const queued = [...real.decisions.values()].map(({ observation }) =>
      Math.max(...observation.actions.map(({ load }) => load.queued)),
    );
    expect(Math.max(...queued)).toBeGreaterThanOrEqual(8);
  });

  test('every decision of the gateway is the one its policy makes of what it saw', () => {
    const policy = createScorer(fleet.catalogue.scorer, seededRandom(1));
    for (const [promptTokens, decision] of real.decisions) {
      expect(Array.from(policy.score(decision.observation)), `${promptTokens}`).toEqual(decision.scores);
      expect(real.served.get(promptTokens)?.variant, `${promptTokens}`).toBe(choiceOf(decision));
    }
  });

  test('every observation of the gateway is the one that follows from its snapshot', () => {
    const known = [...real.decisions.values()].filter(({ snapshot }) => snapshot !== undefined);
    expect(known.length).toBeGreaterThan(0.9 * real.decisions.size);
    for (const { observation, snapshot } of known) {
      const { request, snapshotAgeMs } = observation;
      const routing = { ...request, needs: new Set<never>() };
      const again = observe(fleet.catalogue, snapshot!, routing, { snapshotAgeMs, elapsedMs: 0 });
      expect(again.actions.map(withoutElapsed)).toEqual(observation.actions.map(withoutElapsed));
    }
  });

  test('the simulator decides the same where it sees the same', () => {
    const pairs = pairsOf(real.decisions, simulated.decisions);
    const same = pairs.filter(isSameState);
    expect(same.length).toBeGreaterThanOrEqual(fewestSame);
    expect(same.filter((pair) => !isSameChoice(pair) && !isCloseCall(pair))).toEqual([]);
    expect(pairs.filter(isSameChoice).length / pairs.length).toBeGreaterThan(0.8);
  });

  test('clients wait as long, within 10 %, and as many are served on time, within 2 points', () => {
    const was = figuresOf([...real.served.values()]);
    const is = figuresOf([...simulated.served.values()]);
    expectSameTimes(was, is, 'all');
    expect.soft(Math.abs(is.onTime - was.onTime), JSON.stringify({ was, is })).toBeLessThan(0.02);
  });

  test('every variant takes as long, within 10 %, by its own clock', () => {
    const variants = servedByTheSame(real, simulated);
    expect(variants.length).toBeGreaterThanOrEqual(2);
    for (const [variant, was, is] of variants) expectSameTimes(was.atGpu, is.atGpu, variant);
  });
});

function expectSameTimes(real: Times, simulated: Times, whose: string): void {
  const which = `${whose}: ${JSON.stringify({ real, simulated })}`;
  expect.soft(Math.abs(simulated.ttftMs / real.ttftMs - 1), which).toBeLessThan(0.1);
  expect.soft(Math.abs(simulated.e2eMs / real.e2eMs - 1), which).toBeLessThan(0.1);
}

/**
 * The gateway's catalogue, with the fleet's address in it. Lengths are not learned: the gateway knows the prompts and who
 * asks, the simulator knows neither.
 */
function chatCatalogueAt(fleetUrl: string): Catalogue {
  const text = JSON.stringify(bundledCatalogues.chat).replaceAll('$FLEET_URL', fleetUrl);
  const catalogue = { ...JSON.parse(text), lengthPrediction: { kind: 'none' }, scorer };
  return slowedCatalogue(catalogueSchema.parse(catalogue), slowness);
}

/** Of each variant, the requests that it served on both sides, where they are enough. */
function servedByTheSame(
  real: Replayed,
  simulated: Simulated,
): (readonly [variant: string, real: Figures, simulated: Figures])[] {
  const pairs = [...real.served.values()].map(
    (one) => [one, simulated.served.get(one.promptTokens)!] as const,
  );
  const same = Map.groupBy(
    pairs.filter(([a, b]) => a.variant === b.variant),
    ([{ variant }]) => variant,
  );
  return [...same]
    .filter(([, own]) => own.length >= fewestPerVariant)
    .map(([variant, own]) => [variant, figuresOf(own.map(([a]) => a)), figuresOf(own.map(([, b]) => b))]);
}

/** What does not depend on how long the request had been at the gateway, which no record tells. */
function withoutElapsed({ variant, endpoint, load, quality, occupancy, relativeCost, predicted }: Action) {
  const { ttftMs, tpotMs, e2eMs } = predicted;
  return {
    variant: variant.id,
    endpoint: endpoint.id,
    ...{ load, quality, occupancy, relativeCost, ttftMs, tpotMs, e2eMs },
  };
}
