import { describe, expect, it } from 'vitest';
import { totalGpus } from '../../policy/arena/fleet.ts';
import { namedFleet } from '../../policy/arena/named-fleets.ts';
import { cascade } from '../../policy/rivals/cascade.ts';
import { type ContenderContext, contenderNamed, contenderNames } from '../../policy/rivals/contenders.ts';
import { evenly } from '../../policy/rivals/evenly.ts';
import { ladderOf, variantOfSize } from '../../policy/rivals/ladder.ts';
import { shedding } from '../../policy/rivals/shedding.ts';
import { sloHeadroom } from '../../policy/rivals/slo-headroom.ts';
import { startValues, tunableNames, tunables } from '../../policy/rivals/tunable.ts';
import { type TunedResult, valuesFor } from '../../policy/rivals/tuned.ts';
import { seededRandom } from '../../src/platform/random.ts';
import type { Observation } from '../../src/routing/observation.ts';
import { rank } from '../../src/routing/rank.ts';
import type { SyncScorer } from '../../src/routing/scorer.ts';
import { largestOnTime } from '../../src/routing/scorers/largest-on-time.ts';
import { leastInFlight } from '../../src/routing/scorers/least-in-flight.ts';
import { describeScorer } from '../contract/scorer.contract.ts';
import { observation } from '../support/observations.ts';
import { catalogue } from '../support/small-catalogue.ts';

describeScorer('slo-headroom', () => sloHeadroom('least', seededRandom(1)));
describeScorer('slo-headroom-most', () => sloHeadroom('most', seededRandom(1)));
describeScorer('cascade', () => cascade({ acceptance: 0.9, confidence: 0.9 }));
describeScorer('least-in-flight+shedding', () => shedding(leastInFlight()));
describeScorer('largest-on-time', () => evenly(largestOnTime(0.9)));

const rankingOf = (scorer: SyncScorer, view: Observation, seed = 2) =>
  rank(view, scorer.score(view), seededRandom(seed)).map(({ action }) => action.variant.id);

/** How often each variant comes first in many draws. */
function firsts(scorer: SyncScorer, view: Observation, draws = 2_000): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let draw = 0; draw < draws; draw++) {
    const first = rankingOf(scorer, view, draw)[0]!;
    counts[first] = (counts[first] ?? 0) + 1 / draws;
  }
  return counts;
}

describe('shedding', () => {
  it('refuses what is more likely late than on time, and nothing else', () => {
    const scorer = shedding(leastInFlight());
    expect(rankingOf(scorer, observation())).toHaveLength(3);
    // The large one needs 220 ms to the first token, the small ones 52.
    expect(rankingOf(scorer, observation({}, { slo: { ttftMs: 120 } })).sort()).toEqual([
      'small',
      'small-short',
    ]);
    expect(rankingOf(scorer, observation({}, { slo: { ttftMs: 10 } }))).toEqual([]);
  });

  it('serves a pinned request late rather than not at all', () => {
    const view = observation({}, { slo: { ttftMs: 10 }, pinned: new Set(['large']) });
    expect(rankingOf(shedding(leastInFlight()), view)).toEqual(['large']);
  });
});

describe('slo-headroom', () => {
  const packing = sloHeadroom('least', seededRandom(4));
  const spreading = sloHeadroom('most', seededRandom(4));

  it('packs close to the limit by default, and spreads when told to', () => {
    const view = observation({ fast: 2 });
    expect(firsts(packing, view).large).toBeGreaterThan(0.9);
    expect(firsts(spreading, view).large ?? 0).toBeLessThan(0.1);
  });

  it('takes one without headroom in one draw of a hundred only', () => {
    const late = firsts(packing, observation({ fast: 2 }, { slo: { ttftMs: 120 } }), 5_000).large ?? 0;
    expect(late).toBeGreaterThan(0.004);
    expect(late).toBeLessThan(0.02);
  });

  it('prefers idle endpoints where nobody has headroom, then small deficits', () => {
    expect(firsts(packing, observation({ big: 0, fast: 3 }, { slo: { ttftMs: 10 } })).large).toBeGreaterThan(
      0.99,
    );
    expect(firsts(packing, observation({ big: 1, fast: 3 }, { slo: { ttftMs: 10 } })).large).toBeLessThan(
      0.05,
    );
  });
});

describe('cascade', () => {
  it('asks the smallest model that is accepted', () => {
    expect(rankingOf(cascade({ acceptance: 0.6, confidence: 0.9 }), observation())[0]).toBe('small');
    expect(rankingOf(cascade({ acceptance: 0.5, confidence: 0.9 }), observation())[0]).toBe('small-short');
    expect(rankingOf(cascade({ acceptance: 0.9, confidence: 0.9 }), observation())[0]).toBe('large');
  });

  it('falls back to the best of the others that are on time, then to the likeliest', () => {
    const strict = cascade({ acceptance: 0.9, confidence: 0.9 });
    expect(rankingOf(strict, observation({}, { slo: { ttftMs: 120 } }))[0]).toBe('small');
    expect(rankingOf(strict, observation({}, { slo: { ttftMs: 5 } })).at(-1)).toBe('large');
  });
});

describe('evenly', () => {
  it('takes the emptier of equals', () => {
    const equals: SyncScorer = { name: 'equals', score: ({ actions }) => actions.map(() => 1) };
    expect(rankingOf(evenly(equals), observation({ big: 1, fast: 1 }))[2]).toBe('large');
    expect(rankingOf(evenly(equals), observation({ big: 0, fast: 1 }))[0]).toBe('large');
  });
});

describe('the ladder', () => {
  it('is of models, best first; twins of a model are one rung', () => {
    const rungs = ladderOf(namedFleet('paper-cohosted').catalogue);
    expect(rungs.map(({ model }) => model)).toEqual(['opt-6.7b', 'opt-1.3b', 'opt-125m']);
    expect(rungs.map(({ variants }) => variants.length)).toEqual([4, 4, 4]);
  });

  it('has a small, a medium and a large one on every fleet', () => {
    const of = (name: string) =>
      (['small', 'medium', 'large'] as const).map(
        (size) => variantOfSize(namedFleet(name).catalogue, size).model,
      );
    expect(of('paper-partitioned')).toEqual(['opt-125m', 'opt-1.3b', 'opt-6.7b']);
    expect(of('chat')).toEqual(['llama-3.2-1b-instruct', 'llama-3.1-8b-instruct', 'llama-3.1-70b-instruct']);
  });
});

/** A result with the parameters every search starts at, save for the given ones. */
function result(changes: Partial<TunedResult>): TunedResult {
  const { scorer = 'shadow-price', fleet = 'paper-partitioned' } = changes;
  const { catalogue } = namedFleet(fleet);
  return {
    scorer,
    fleet,
    workload: 'storm',
    models: ladderOf(catalogue).map(({ model }) => model),
    parameters: startValues(tunables[scorer].parameters(catalogue)),
    trainingUtility: { untuned: 0.8, tuned: 0.9 },
    search: { seed: 1, iterations: 1, population: 4, trainingSeeds: [1_000_000], durationS: 1 },
    ...changes,
  };
}

describe('tuned parameters on another fleet', () => {
  const tuned = result({ parameters: { 'alpha:opt-6.7b': 3, 'alpha:opt-1.3b': 2, 'alpha:opt-125m': 1 } });

  it('stay with their model where it is there too', () => {
    expect(valuesFor(tuned, namedFleet('paper-cohosted').catalogue)).toEqual(tuned.parameters);
  });

  it('go by the place on the ladder where it is not', () => {
    expect(valuesFor(tuned, namedFleet('chat').catalogue)).toMatchObject({
      'alpha:llama-3.1-70b-instruct': 3,
      'alpha:llama-3.1-8b-instruct': 2,
      'alpha:llama-3.2-3b-instruct': 1,
      'alpha:llama-3.2-1b-instruct': 1,
    });
  });
});

describe('contenders by name', () => {
  const fleets = ['paper-partitioned', 'paper-cohosted'];
  const tuned = fleets.flatMap((fleet) =>
    ['storm', 'surge'].flatMap((workload) =>
      tunableNames.map((scorer) => result({ scorer, fleet, workload })),
    ),
  );
  const context: ContenderContext = { fleet: namedFleet('paper-partitioned'), workload: 'storm', tuned };
  it.each(contenderNames.filter((name) => name !== 'dqn'))('%s is there and bears its name', (name) => {
    const contender = contenderNamed(name, context);
    expect(contender.name).toBe(name);
    const fleet = contender.arrange(context.fleet);
    const view = observation();
    if (!name.startsWith('static'))
      expect(contender.scorer({ ...fleet, catalogue }, seededRandom(1)).score(view)).toHaveLength(3);
  });

  it('gives static serving all GPUs for the one model', () => {
    for (const name of ['static-medium', 'static:medium', 'static-medium+shedding']) {
      const { catalogue: arranged, ...fleet } = contenderNamed(name, context).arrange(context.fleet);
      expect(arranged.variants.map(({ id }) => id)).toEqual(['medium']);
      expect(totalGpus({ ...fleet, catalogue: arranged })).toBe(4);
    }
  });

  it('tunes elsewhere on another fleet and another kind of load', () => {
    const cheap = result({ fleet: 'paper-cohosted', workload: 'surge', parameters: onlyLargeIsFree() });
    const others = tuned.filter(
      ({ fleet, workload }) => fleet !== cheap.fleet || workload !== cheap.workload,
    );
    const given = { ...context, tuned: [cheap, ...others] };
    const elsewhere = contenderNamed('shadow-price-elsewhere', given);
    const explicit = contenderNamed('shadow-price@paper-cohosted/surge', given);
    for (const contender of [elsewhere, explicit])
      expect(pricedScores(contender.scorer(context.fleet, seededRandom(1)))).toEqual(
        pricedScores(
          tunables['shadow-price'].scorer(context.fleet.catalogue, cheap.parameters, seededRandom(1)),
        ),
      );
  });

  it('refuses unknown names and what was never tuned, saying what to do', () => {
    expect(() => contenderNamed('biggest', context)).toThrow(/no scorer "biggest"; known: static-small/);
    expect(() => contenderNamed('static:huge', context)).toThrow('paper-partitioned has no variant huge');
    expect(() => contenderNamed('cascade', { ...context, workload: 'calm' })).toThrow(
      'run: npm run tune -- --fleet paper-partitioned --workload calm --scorer cascade',
    );
  });
});

function onlyLargeIsFree(): Record<string, number> {
  const { catalogue: cohosted } = namedFleet('paper-cohosted');
  return { ...startValues(tunables['shadow-price'].parameters(cohosted)), 'alpha:opt-6.7b': 0.001 };
}

function pricedScores(scorer: SyncScorer): number[] {
  const busy = observation({ big: 2, fast: 5 });
  const ids = ['large', 'medium', 'small'];
  const actions = busy.actions.map((action, index) => ({
    ...action,
    variant: { ...action.variant, id: ids[index]! },
  }));
  return [...Array.from(scorer.score({ ...busy, actions }))];
}
