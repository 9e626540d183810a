import { expect, test } from 'vitest';
import { type AnalyticsDataset, analyticsRecords } from '../../src/telemetry/analytics.ts';
import type { RequestRecord } from '../../src/telemetry/record.ts';

const served: RequestRecord = {
  atMs: 2_000,
  arrivedAtMs: 1_000,
  requestId: 'r-1',
  keyId: 'k-1',
  observationVersion: 1,
  scorer: 'shadow-price',
  task: 'chat',
  class: 'standard',
  slo: { ttftMs: 800 },
  promptTokens: 120,
  expectedOutputTokens: 200,
  stream: true,
  snapshotAgeMs: 3,
  ranking: [],
  attempts: [
    { variant: 'big', endpoint: 'far', failure: 'throttled' },
    { variant: 'small', endpoint: 'near' },
  ],
  reason: 'shadow-price:after-throttled',
  outcome: 'served',
  status: 200,
  outputTokens: 40,
  ttftMs: 310,
  tpotMs: 12,
  e2eMs: 790,
  onTime: true,
};

function pointOf(record: RequestRecord) {
  const points: Parameters<AnalyticsDataset['writeDataPoint']>[0][] = [];
  analyticsRecords({ writeDataPoint: (point) => points.push(point) })(record);
  expect(points).toHaveLength(1);
  return points[0]!;
}

test('a served request is a point of the variant that served it', () => {
  expect(pointOf(served)).toEqual({
    indexes: ['small'],
    blobs: [
      'served',
      'small',
      'near',
      'chat',
      'standard',
      'shadow-price:after-throttled',
      'shadow-price',
      'k-1',
      '',
    ],
    doubles: [200, 120, 40, 310, 12, 790, 1, 2],
  });
});

test('a request that was decided by a published network names it', () => {
  expect(pointOf({ ...served, artifact: { name: 'd1f5b5ef1992' } }).blobs[8]).toBe('d1f5b5ef1992');
});

test('a request that nobody served has no variant, and -1 for what was never measured', () => {
  const { keyId, outputTokens, ttftMs, tpotMs, e2eMs, onTime, ...rest } = served;
  const { indexes, blobs, doubles } = pointOf({ ...rest, outcome: 'shed', status: 429 });
  expect(indexes).toEqual(['shed']);
  expect(blobs.slice(0, 3)).toEqual(['shed', '', '']);
  expect(doubles).toEqual([429, 120, -1, -1, -1, -1, -1, 2]);
});

test('a dataset that takes no point does not disturb the request', () => {
  const broken = analyticsRecords({
    writeDataPoint: () => {
      throw new Error('too many');
    },
  });
  expect(() => broken(served)).not.toThrow();
});
