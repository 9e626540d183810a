import { expect, test } from 'vitest';
import { namedFleet } from '../../policy/arena/named-fleets.ts';
import { Simulation } from '../../policy/arena/simulation.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { scorerSchema } from '../../src/routing/catalogue.ts';
import { createScorer } from '../../src/routing/create-scorer.ts';
import { slowedFleet } from '../support/agreement/slowed.ts';

const factor = 5;
const chat = namedFleet('chat');

/** Every request's choice and times, the requests coming `every` ms. */
function served(fleet: typeof chat, everyMs: number) {
  const outcomes: { variant: string; ttftMs: number; e2eMs: number; onTime: boolean }[] = [];
  const requests = Array.from({ length: 200 }, (_, index) => ({
    arrivalMs: index * everyMs,
    promptTokens: 100 + ((index * 977) % 3_000),
    outputTokens: 1 + ((index * 61) % 200),
    task: 'ifeval',
  }));
  const random = seededRandom(1);
  const scorer = createScorer(scorerSchema.parse({ kind: 'shadow-price' }), random);
  new Simulation({ fleet, requests, scorer, random }, (outcome) => {
    if (outcome.kind !== 'served') throw new Error(outcome.kind);
    const { variant, ttftMs = Number.NaN, e2eMs, onTime } = outcome;
    outcomes.push({ variant: variant.id, ttftMs, e2eMs, onTime });
  }).run();
  return outcomes;
}

test('under requests that are as much rarer everything takes so much longer, and nothing else changes', () => {
  const real = served(chat, 30);
  const slowed = served(slowedFleet(chat, factor), 30 * factor);
  expect(new Set(real.map(({ variant }) => variant)).size).toBeGreaterThan(1);
  expect(slowed.map(({ variant, onTime }) => [variant, onTime])).toEqual(
    real.map(({ variant, onTime }) => [variant, onTime]),
  );
  for (const [index, { ttftMs, e2eMs }] of slowed.entries()) {
    expect(ttftMs / factor).toBeCloseTo(real[index]!.ttftMs, 6);
    expect(e2eMs / factor).toBeCloseTo(real[index]!.e2eMs, 6);
  }
});

test('a bound that is not promised is not promised then', () => {
  const { slo } = chat.catalogue.tasks.ifeval!;
  expect(slowedFleet(chat, factor).catalogue.tasks.ifeval!.slo).toEqual({
    ttftMs: slo.ttftMs! * factor,
    tpotMs: slo.tpotMs! * factor,
  });
});
