import { type ConditionsInput, parseConditions } from '../../arena/conditions.ts';
import { namedFleet } from '../../arena/named-fleets.ts';
import type { Setting } from '../trial.ts';
import { minuteMs, paperFleets, rulesTunedOn, untunedRules } from './plan.ts';

/** What is asked under conditions that are not ideal. */
export interface RoughSetting {
  readonly setting: Setting;
  /** What the conditions are called; absent: it is the load that is another. */
  readonly conditions?: string;
  readonly scorers: readonly string[];
}

/** The paper's settings again, with what the real world does to them. */
const roughConditions: readonly {
  readonly name: string;
  conditionsOn(fleet: (typeof paperFleets)[number]): ConditionsInput;
}[] = [
  {
    name: 'stale snapshots',
    /** So many edges that what one hears with its own requests is mostly older than it may be. */
    conditionsOn: () => ({
      edges: 100,
      edgeToLedger: { meanMs: 5, jitter: 0.4 },
      snapshotMaxAgeMs: 250,
      reportWithinMs: 20,
    }),
  },
  {
    name: 'a GPU lost',
    /** One of four for a third of the time, for static serving of the largest model too: its endpoint has that name. */
    conditionsOn: (fleet) => ({
      faults: [
        {
          kind: 'replica-failure',
          endpoint: fleet === 'paper-cohosted' ? 'gpu-0' : 'large',
          when: { kind: 'windows', windows: [{ fromS: 20, toS: 40 }] },
        },
      ],
    }),
  },
];
const roughScorers: readonly string[] = [
  'static-large',
  'in-flight-caps',
  'largest-on-time',
  ...untunedRules,
  'shadow-price-tuned',
  'shadow-price-free',
  'dqn',
  'learned',
];
/** Loads that move in another way than those anything was tuned for: the task mix shifts, or bursts come unannounced. */
const otherLoads = ['shift', 'markov'] as const;

export const roughSettings: readonly RoughSetting[] = paperFleets.flatMap((fleet) => [
  ...roughConditions.flatMap(({ name, conditionsOn }) =>
    ['storm', 'surge'].map((workload) => ({
      setting: {
        fleet,
        workload,
        durationMs: minuteMs,
        conditions: parseConditions(conditionsOn(fleet), name, namedFleet(fleet).catalogue),
      },
      conditions: name,
      scorers: roughScorers,
    })),
  ),
  ...otherLoads.map((workload) => ({
    setting: { fleet, workload, durationMs: minuteMs },
    scorers: ['static-large', ...untunedRules, ...rulesTunedOn(fleet), 'learned'],
  })),
]);
