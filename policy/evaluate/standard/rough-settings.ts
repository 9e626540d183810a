import { type ConditionsInput, parseConditions } from '../../arena/conditions.ts';
import { namedFleet } from '../../arena/named-fleets.ts';
import type { Setting } from '../trial.ts';
import { minuteMs, paperFleets, rulesTunedOn, tunedRules, untunedRules } from './plan.ts';

/** What is asked under conditions that are not ideal. */
export interface RoughSetting {
  /** What it is called, and the policy trained for it alone. */
  readonly name: string;
  readonly setting: Setting;
  /** What the conditions are called; absent: it is the load that is another. */
  readonly conditions?: string;
  readonly scorers: readonly string[];
}

/** The paper's settings again, with what the real world does to them. */
const roughConditions: readonly {
  readonly name: string;
  conditionsOn(fleet: (typeof paperFleets)[number], durationMs: number): ConditionsInput;
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
    conditionsOn: (fleet, durationMs) => ({
      faults: [
        {
          kind: 'replica-failure',
          endpoint: fleet === 'paper-cohosted' ? 'gpu-0' : 'large',
          when: { kind: 'windows', windows: [{ fromS: durationMs / 3_000, toS: durationMs / 1_500 }] },
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
  ...tunedRules,
  'dqn',
  'learned',
];
/** Loads that move in another way than those anything was tuned for: the task mix shifts, or bursts come unannounced. */
const otherLoads = ['shift', 'markov'] as const;

export const roughSettings = roughSettingsOver(minuteMs);

/** The settings in runs of some length, which the conditions go by. */
export function roughSettingsOver(durationMs: number): readonly RoughSetting[] {
  return paperFleets.flatMap((fleet) => [
    ...roughConditions.flatMap(({ name: conditions, conditionsOn }) =>
      ['storm', 'surge'].map((workload) => {
        const input = conditionsOn(fleet, durationMs);
        const parsed = parseConditions(input, conditions, namedFleet(fleet).catalogue);
        const name = `${fleet}-${workload}-${conditions.replaceAll(' ', '-').toLowerCase()}`;
        const setting = { fleet, workload, durationMs, conditions: parsed };
        return { name, setting, conditions, scorers: [...roughScorers, `specialist@${name}`] };
      }),
    ),
    ...otherLoads.map((workload) => {
      const name = `${fleet}-${workload}`;
      const scorers = [
        'static-large',
        ...untunedRules,
        ...rulesTunedOn(fleet),
        'learned',
        `specialist@${name}`,
      ];
      return { name, setting: { fleet, workload, durationMs }, scorers };
    }),
  ]);
}
