import { fileURLToPath } from 'node:url';
import { contenderNames } from '../../rivals/contenders.ts';
import type { SweptSetting } from '../availability.ts';
import type { Setting } from '../trial.ts';

/** What the standard table runs. Sizes are chosen so that two cores need less than an hour. */

export const minuteMs = 60_000;
/** Long enough for several of a trace's bursts. */
const traceMs = 180_000;
const sweepMs = 10_000;

export const paperFleets = ['paper-partitioned', 'paper-cohosted'] as const;

/** Runs of one search for an availability, as far as can be known before it. */
export const RUNS_PER_SEARCH = 7;

/** The first of these that there is stands for the project: the others are compared with it. */
export const focusNames = ['learned', 'shadow-price-tuned', 'shadow-price'] as const;

/** What a user has who tunes nothing: the rule as it is known, and production's. */
export const untunedRules = ['shadow-price', 'shadow-price-harm'] as const;

/** The rule tuned for the very case: with the parameters it is known by, and with more of them. */
export const tunedRules = ['shadow-price-tuned', 'shadow-price-free'] as const;

/** Variations that only matter beside their originals. */
const asides = new Set(['static-small+shedding', 'static-medium+shedding', 'slo-headroom-most']);
export const everyone: readonly string[] = contenderNames.filter((name) => !asides.has(name));

/** The paper's fleets under its two kinds of load. */
export const paperSettings: readonly Setting[] = paperFleets.flatMap((fleet) =>
  ['storm', 'surge'].map((workload) => ({ fleet, workload, durationMs: minuteMs })),
);

export const predictionSigmas = ['none', 0.6, 0.3, 0] as const;

/** The same with heavy-tailed lengths and predictions of them. */
export const heavySettings: readonly Setting[] = paperFleets.flatMap((fleet) =>
  ['storm-heavy', 'surge-heavy'].flatMap((workload) =>
    predictionSigmas.map((predictionSigma) => ({ fleet, workload, predictionSigma, durationMs: minuteMs })),
  ),
);
/** Those that look at lengths, all of them that might lead, beside one that does not. */
export const heavyScorers: readonly string[] = [
  'static-large',
  'largest-on-time',
  'cascade',
  ...untunedRules,
  ...tunedRules,
  'learned',
];

/** Real traces on the chat fleet, compressed to multiples of what static serving of its largest model can carry. */
export const traces: readonly { readonly workload: string; readonly lengths: SweptSetting }[] = [
  { workload: 'azure-conv', lengths: lengthsOf('azure-conv') },
  { workload: 'azure-code', lengths: lengthsOf('azure-code') },
];
export const traceMultiples = [1, 2, 4] as const;

/**
 * Times the seeds of other loads, where a seed is a stretch of a trace or the changes of a load that few are drawn of:
 * ten leave intervals of ±0.01 and more, as large as what is to be told apart.
 */
export const UNSTEADY_SEEDS = 3;

/** The trace's lengths at one steady rate: what can be carried of a trace itself depends on where it bursts. */
function lengthsOf(trace: string): SweptSetting {
  const workload = fileURLToPath(new URL(`${trace}-lengths.json`, import.meta.url));
  return { fleet: 'chat', workload, durationMs: 120_000 };
}

export function traceSetting(workload: string, ratePerSecond: number): Setting {
  return { fleet: 'chat', workload, ratePerSecond, durationMs: traceMs };
}

/** Whose availability is searched, and whose on-time share is drawn over the rate. */
export const availabilityScorers: Readonly<Record<string, readonly string[]>> = {
  'paper-partitioned': [
    'static-large',
    ...rulesTunedOn('paper-partitioned'),
    'dqn@paper-partitioned/storm',
    'learned',
  ],
  'paper-cohosted': [
    'static-large',
    'static-small',
    'power-of-two',
    ...rulesTunedOn('paper-cohosted'),
    'dqn@paper-cohosted/storm',
    'learned',
  ],
};
export const curve = {
  fleet: 'paper-cohosted',
  workload: 'stable',
  durationMs: sweepMs,
  ratesPerSecond: geometric(100, 15, Math.SQRT2),
  /** Beyond this a scorer's curve is not followed: overload costs time and tells nothing. */
  leastOnTime: 0.5,
} as const;

/** Regimes around what static serving of the largest model can carry, at other mean loads. */
export const loads = {
  fleet: 'paper-cohosted',
  workload: 'surge',
  durationMs: minuteMs,
  ratesPerSecond: geometric(140, 11, 2 ** (1 / 3)),
  /** Static serving of the largest model, and the same on twice the GPUs. */
  baseline: 'static-large',
  twice: 'static-large@8',
} as const;

export const spike = {
  setting: { fleet: 'paper-cohosted', workload: 'spike' },
  scorers: [
    'static-large',
    'static-small',
    'power-of-two',
    ...rulesTunedOn('paper-cohosted'),
    'dqn@paper-cohosted/storm',
    'learned',
  ],
} as const;

/** Scenarios drawn as for training, of seeds that no training sees; the last of the scorers is the focus. */
export const unseen = {
  firstSeed: 500_000,
  /** Fleets differ far more than seeds: on a hundred scenarios a lead of less than 0.015 is not seen. */
  scenarios: 400,
  /** Those that need no tuning: on these fleets nobody has tuned anything. */
  scorers: ['static-large', 'least-in-flight', 'power-of-two', 'slo-headroom', ...untunedRules, 'learned'],
  /** On the first so many the rule is tuned for each. */
  tuned: { scorer: 'shadow-price-tuned', scenarios: 16 },
  /** On the first so many the policy is trained on for each, which takes two minutes. */
  specialists: 8,
} as const;

/** What the policy trained on for a random scenario is called. */
export function specialistOn(scenario: number): string {
  return `scenario-${scenario}`;
}

/** For loads that nothing is tuned for: the rule as it is for others. */
export function rulesTunedOn(fleet: string): string[] {
  return ['surge', 'storm'].map((workload) => `shadow-price@${fleet}/${workload}`);
}

/** Rates a constant factor apart, each round to two digits. */
function geometric(first: number, count: number, factor: number): number[] {
  return Array.from({ length: count }, (_, index) => Number((first * factor ** index).toPrecision(2)));
}
