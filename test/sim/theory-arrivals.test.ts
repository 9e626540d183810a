import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { arrivals } from '../../policy/workloads/arrivals.ts';
import { bundledWorkloads } from '../../policy/workloads/file/bundled.ts';
import { documentSchema } from '../../policy/workloads/file/document.ts';
import { gapsOf, isGenerated, ratesOf } from '../../policy/workloads/file/rates.ts';
import { type GapLaw, gammaGaps, poissonGaps, weibullGaps } from '../../policy/workloads/gaps.ts';
import { steady } from '../../policy/workloads/phases.ts';
import { readTrace } from '../../policy/workloads/trace.ts';
import { type Random, seededRandom } from '../../src/platform/random.ts';
import { Estimate, expectAgreement, expectPower, seeds } from './replications.ts';

/**
 * What theory says of a process: arrivals per second, and the mean wait in seconds from an arbitrary instant to the next
 * arrival. The wait tells the coefficient of variation of the gaps, since Σ gap² over a time T is twice the sum of all
 * waits in it: CV² = 2 · rate · wait − 1, whatever the process.
 */
interface Theory {
  readonly rate: number;
  readonly wait: number;
}

type Process = (random: Random) => Iterable<{ readonly atMs: number }>;

/** Per second of one run: arrivals, and squared gaps in s². What is cut off at either end is one gap of thousands. */
function observe(process: Process, seed: number, seconds: number): { rate: number; squares: number } {
  let count = 0;
  let squares = 0;
  let previousMs: number | undefined;
  for (const { atMs } of process(seededRandom(seed))) {
    if (atMs >= seconds * 1000) break;
    count += 1;
    if (previousMs !== undefined) squares += ((atMs - previousMs) / 1000) ** 2;
    previousMs = atMs;
  }
  return { rate: count / seconds, squares: squares / seconds };
}

function expectTheory(process: Process, { rate, wait }: Theory, seconds: number): void {
  const runs = seeds.map((seed) => observe(process, seed, seconds));
  const found = new Estimate(runs.map((run) => run.rate));
  expectAgreement('arrivals per second', found, rate);
  expectPower('arrivals per second', found, rate, 1.2 * rate);
  const squares = new Estimate(runs.map((run) => run.squares));
  expectAgreement('squared gaps per second', squares, 2 * wait);
  expectPower('squared gaps per second', squares, 2 * wait, 2.5 * wait);
}

describe('independent gaps have the mean and the coefficient of variation of their law', () => {
  const rate = 50;
  const weibullCv = { 2: Math.sqrt(4 / Math.PI - 1), 0.5: Math.sqrt(5) };
  it.each<{ law: string; gaps: GapLaw; cv: number }>([
    { law: 'Poisson', gaps: poissonGaps, cv: 1 },
    { law: 'Gamma, smooth', gaps: gammaGaps(0.5), cv: 0.5 },
    { law: 'Gamma, bursty', gaps: gammaGaps(3), cv: 3 },
    { law: 'Weibull, smooth', gaps: weibullGaps(2), cv: weibullCv[2] },
    { law: 'Weibull, bursty', gaps: weibullGaps(0.5), cv: weibullCv[0.5] },
  ])('$law: CV $cv', ({ gaps, cv }) => {
    const process: Process = (random) => arrivals(steady(rate), gaps, random);
    expectTheory(process, { rate, wait: (1 + cv ** 2) / (2 * rate) }, 1_000);
  });
});

describe('the workloads have the rate and the coefficient of variation that follow from their description', () => {
  const process = (name: keyof typeof bundledWorkloads, factor: number): Process => {
    const { arrivals: document } = documentSchema.parse(bundledWorkloads[name]);
    if (!isGenerated(document)) throw new TypeError(`${name} is recorded, not generated`);
    const [rates, gaps] = [ratesOf(document, factor), gapsOf(document.gaps)];
    return (random) => arrivals(rates(random), gaps, random);
  };

  it('stable', () => {
    expectTheory(process('stable', 1), { rate: 200, wait: 1 / 200 }, 300);
  });

  it('gamma', () => {
    expectTheory(process('gamma', 1), { rate: 200, wait: (1 + 3 ** 2) / 400 }, 300);
  });

  // A quarter of the rate, for four times as many regimes in as many arrivals.
  it.each([
    { name: 'storm', from: 5, to: 500 },
    { name: 'surge', from: 37.5, to: 175 },
  ] as const)('$name', ({ name, from, to }) => {
    expectTheory(process(name, 1 / 4), regimesTheory(from, to, 11), 4_000);
  });

  it('markov', () => {
    const states = [
      { rate: 37.5, seconds: 20 },
      { rate: 225, seconds: 5 },
    ] as const;
    expectTheory(process('markov', 1 / 4), markovTheory(...states), 4_000);
  });

  it('spike', () => {
    const phases = [
      { rate: 150, seconds: 40 },
      { rate: 900, seconds: 20 },
      { rate: 150, seconds: 60 },
    ];
    expectTheory(process('spike', 1), scheduleTheory(phases), 240);
  });
});

/**
 * Poisson in regimes of log-uniform rate. An instant in a regime of rate r waits 1/r, but for the end of the regime: the
 * last arrival of each waits for the first of the next, whose rate is another. That shortens the mean wait by Var(1/r)
 * per regime; regimes without any arrival are too rare to count (e^−10 of the slowest).
 */
function regimesTheory(from: number, to: number, meanSeconds: number): Theory {
  const span = Math.log(to / from);
  const wait = (1 / from - 1 / to) / span;
  const squaredWait = (1 / from ** 2 - 1 / to ** 2) / (2 * span);
  return { rate: (to - from) / span, wait: wait - (squaredWait - wait ** 2) / meanSeconds };
}

interface Stretch {
  readonly rate: number;
  /** Its length, or its mean length. */
  readonly seconds: number;
}

/** Two states, each left after an exponential time: the waits in them follow from one another. */
function markovTheory(calm: Stretch, busy: Stretch): Theory {
  const [leaveCalm, leaveBusy] = [1 / calm.seconds, 1 / busy.seconds];
  const [endCalm, endBusy] = [calm.rate + leaveCalm, busy.rate + leaveBusy];
  const waitCalm = (endBusy + leaveCalm) / (endCalm * endBusy - leaveCalm * leaveBusy);
  const waitBusy = (1 + leaveBusy * waitCalm) / endBusy;
  const shareCalm = calm.seconds / (calm.seconds + busy.seconds);
  return {
    rate: shareCalm * calm.rate + (1 - shareCalm) * busy.rate,
    wait: shareCalm * waitCalm + (1 - shareCalm) * waitBusy,
  };
}

/** Given phases round and round; at the end of each, as with regimes. */
function scheduleTheory(phases: readonly Stretch[]): Theory {
  let [seconds, count, waits] = [0, 0, 0];
  phases.forEach((phase, index) => {
    const next = phases[(index + 1) % phases.length]!;
    seconds += phase.seconds;
    count += phase.rate * phase.seconds;
    waits += phase.seconds / phase.rate + (1 / next.rate - 1 / phase.rate) / phase.rate;
  });
  return { rate: count / seconds, wait: waits / seconds };
}

const data = '../shared/data/azure_llm_2023';
describe.skipIf(!existsSync(data))(`the recorded traces (${data})`, () => {
  it.each([
    { name: 'conv', cv: 1.09 },
    { name: 'code', cv: 13.15 },
  ])('$name: CV $cv, as its description says', ({ name, cv }) => {
    const times = readTrace(`${data}/AzureLLMInferenceTrace_${name}.csv`).map((request) => request.arrivalMs);
    const gaps = times.slice(1).map((atMs, index) => atMs - times[index]!);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(Math.sqrt(variance) / mean).toBeCloseTo(cv, 2);
  });
});
