import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { idealConditions, parseConditions } from '../../policy/arena/conditions.ts';
import { namedFleet } from '../../policy/arena/named-fleets.ts';
import { type Schedule, scheduleSchema, windowsOf } from '../../policy/arena/schedule.ts';
import { streamNamed } from '../../policy/arena/streams.ts';
import { faultKinds } from '../support/random-conditions.ts';

const { catalogue } = namedFleet('paper-partitioned');
const parse = (document: unknown) => parseConditions(document, 'rough.json', catalogue);

function faultsOf(document: unknown): string[] {
  try {
    parse(document);
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : [];
  }
  return [];
}

describe('a conditions file', () => {
  it('that says nothing is ideal', () => {
    expect(parse({})).toEqual(idealConditions);
  });

  it('is described by an example that uses everything', () => {
    const text = readFileSync(new URL('../../policy/arena/examples/rough.json', import.meta.url), 'utf8');
    const document: object = JSON.parse(text);
    const { faults } = parseConditions(document, 'rough.json', namedFleet('chat').catalogue);
    expect(Object.keys(document).sort()).toEqual(Object.keys(idealConditions).sort());
    expect(faults.map(({ kind }) => kind)).toEqual(faultKinds);
  });

  it('is plain data, which files and workers take', () => {
    const conditions = parse({
      faults: [{ kind: 'outage', when: { kind: 'drawn', meanGapS: 60, meanDurationS: 5 } }],
    });
    expect(parse(JSON.parse(JSON.stringify(conditions)))).toEqual(conditions);
  });

  it.each([
    [{ edges: 0 }, 'edges: expected more than 0, received 0'],
    [{ edgeToLedger: 8 }, 'edgeToLedger: expected object, received 8'],
    [{ edgeToEndpoint: { meanMs: -1 } }, 'edgeToEndpoint.meanMs: expected at least 0, received -1'],
    [{ lostSettles: 0.1 }, 'lostSettles: no such field, received 0.1'],
    [{ faults: [{ kind: 'flood' }] }, 'faults[0].kind: expected outage, throttling, '],
    [{ faults: [{ kind: 'throttling', share: 0 }] }, 'faults[0].share: expected more than 0, received 0'],
    [
      { faults: [{ kind: 'outage', endpoint: 'huge' }] },
      'faults[0].endpoint: expected one of small, medium, large, received "huge"',
    ],
    [
      { faults: [{ kind: 'slow-replica', endpoint: 'large', replica: 2, factor: 3 }] },
      'faults[0].replica: large: replicas 0 to 1, received 2',
    ],
    [
      { faults: [{ kind: 'replica-failure', replica: 2 }] },
      'faults[0].replica: small, medium, large: replicas 0 to 1, received 2',
    ],
    [
      { faults: [{ kind: 'outage', when: { kind: 'drawn', meanGapS: 1e-300, meanDurationS: 1 } }] },
      'faults[0].when.meanGapS: expected at least 0.001, received 1e-300',
    ],
    [
      { faults: [{ kind: 'ledger-eviction', saveEveryMs: 1e-9 }] },
      'faults[0].saveEveryMs: expected at least 1, received 1e-9',
    ],
    [
      { autoscaling: { large: { targetPerReplica: 4, max: 2, sampleS: 1e-9 } } },
      'autoscaling.large.sampleS: expected at least 0.001, received 1e-9',
    ],
    [
      { coldStarts: { huge: { startMs: 1 } } },
      'coldStarts.huge: expected one of small, medium, large, received "huge"',
    ],
    [
      { autoscaling: { large: { targetPerReplica: 4, min: 3, max: 2 } } },
      'autoscaling.large.min: expected "min" not to be above "max"',
    ],
    [
      { faults: [{ kind: 'outage', when: { kind: 'windows', windows: [{ fromS: 5, toS: 5 }] } }] },
      'faults[0].when.windows[0]: expected "fromS" to be below "toS", received {"fromS":5,"toS":5}',
    ],
    [
      {
        faults: [
          {
            kind: 'outage',
            when: {
              kind: 'windows',
              windows: [
                { fromS: 1, toS: 5 },
                { fromS: 4, toS: 6 },
              ],
            },
          },
        ],
      },
      'faults[0].when.windows: expected windows in order of time, apart from each other',
    ],
  ])('%j: names the field and the received value', (document, message) => {
    expect(faultsOf(document)).toEqual([expect.stringContaining(`rough.json: ${message}`)]);
  });

  it('reports every fault at once', () => {
    expect(faultsOf({ edges: 'many', snapshotMaxAgeMs: -5 })).toHaveLength(2);
  });
});

describe('a schedule', () => {
  const drawn = (rest: object = {}): Schedule =>
    scheduleSchema.parse({ kind: 'drawn', meanGapS: 30, meanDurationS: 10, ...rest });
  const first = (schedule: Schedule, count: number, seed = 1) => [
    ...windowsOf(schedule, streamNamed(seed, 'test')).take(count),
  ];

  it('drawn has windows apart from each other, gaps and durations of the means it was given', () => {
    const windows = first(drawn(), 5_000);
    const gaps = windows.map(({ fromMs }, index) => fromMs - (windows[index - 1]?.toMs ?? 0));
    const durations = windows.map(({ fromMs, toMs }) => toMs - fromMs);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.min(...gaps, ...durations)).toBeGreaterThan(0);
    // Four standard errors of an exponential mean.
    expect(Math.abs(mean(gaps) / 30_000 - 1)).toBeLessThan(4 / Math.sqrt(5_000));
    expect(Math.abs(mean(durations) / 10_000 - 1)).toBeLessThan(4 / Math.sqrt(5_000));
  });

  it('keeps within its bounds', () => {
    const windows = first(drawn({ fromS: 100, untilS: 400 }), 1_000);
    expect(windows.length).toBeGreaterThan(1);
    expect(windows[0]!.fromMs).toBeGreaterThan(100_000);
    expect(windows.at(-1)!.toMs).toBeLessThanOrEqual(400_000);
  });

  it('is the same for the same seed and name, and another for others', () => {
    expect(first(drawn(), 20, 7)).toEqual(first(drawn(), 20, 7));
    expect(first(drawn(), 20, 7)).not.toEqual(first(drawn(), 20, 8));
  });
});
