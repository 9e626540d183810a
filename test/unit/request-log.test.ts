import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseGatewayRecords } from '../../policy/workloads/recorded/gateway-records.ts';
import type { RequestContext } from '../../src/gateway/context.ts';
import { RequestLog } from '../../src/gateway/request-log.ts';
import type { RequestRecord } from '../../src/telemetry/record.ts';
import { observation } from '../support/observations.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('records come in again when they came in, whoever ended first and whether they were answered', () => {
  const records: RequestRecord[] = [];
  /** Only what a log asks of its surroundings; a clock of its own epoch. */
  const arrive = () => {
    const gateway = {
      clock: () => Date.now() - 1_000_000,
      records: (record: RequestRecord) => records.push(record),
    };
    const context = { gateway, requestId: 'r', receivedAtMs: gateway.clock() };
    const decision = {
      observation: observation(),
      decidedBy: { scorer: 'any' },
      scores: [],
      ranking: [],
    };
    return new RequestLog(context as unknown as RequestContext, decision, true);
  };
  const slow = arrive();
  vi.advanceTimersByTime(40);
  const failing = arrive();
  vi.advanceTimersByTime(60);
  const quick = arrive();
  vi.advanceTimersByTime(100);
  quick.write('served', 200, { outputTokens: 5, e2eMs: 90 });
  vi.advanceTimersByTime(5_000);
  failing.write('failed', 502);
  slow.write('served', 200, { outputTokens: 9, e2eMs: 5_100 });
  const text = records.map((record) => JSON.stringify(record)).join('\n');
  const { requests } = parseGatewayRecords(text, 'records.jsonl');
  expect(requests.map(({ arrivalMs }) => arrivalMs)).toEqual([0, 40, 100]);
});
