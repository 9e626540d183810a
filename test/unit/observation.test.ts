import { describe, expect, it } from 'vitest';
import { observe } from '../../src/routing/observation.ts';
import { isOnTime } from '../../src/routing/slo.ts';
import { observation, request, snapshot } from '../support/observations.ts';
import { catalogue } from '../support/small-catalogue.ts';

const masks = (...seen: Parameters<typeof observation>) =>
  observation(...seen).actions.map(({ masked }) => masked);

describe('predicted latency', () => {
  it('is the prior on an idle pool', () => {
    const [large] = observation().actions;
    expect(large?.predicted).toMatchObject({ ttftMs: 200 + 0.2 * 100, tpotMs: 30, e2eMs: 220 + 99 * 30 });
  });

  it('counts the prompts waiting before, and the requests decoded beside, per replica', () => {
    const busy = snapshot({ fast: 4 });
    const endpoints = { ...busy.endpoints, fast: { ...busy.endpoints.fast!, promptTokensQueued: 1_000 } };
    const view = observe(catalogue, { ...busy, endpoints }, request(), { snapshotAgeMs: 0, elapsedMs: 0 });
    expect(view.actions[1]?.predicted.ttftMs).toBeCloseTo(50 + 0.02 * (100 + 500));
    expect(view.actions[1]?.predicted.tpotMs).toBeCloseTo(5 + 0.5 * 2);
  });

  it('bounds the expected output by the client and by the variant', () => {
    const e2eMs = (maxOutputTokens?: number) =>
      observation({}, { maxOutputTokens }).actions.map(({ predicted }) => predicted.e2eMs - predicted.ttftMs);
    expect(e2eMs()).toEqual([99 * 30, 99 * 5, 49 * 5]);
    expect(e2eMs(11)).toEqual([10 * 30, 10 * 5, 10 * 5]);
  });

  it('turns into a probability: one half at the deadline, more before, less after, nothing once it has passed', () => {
    const onTime = (ttftMs: number, elapsedMs = 0) =>
      observe(catalogue, snapshot({}), request({ slo: { ttftMs } }), { snapshotAgeMs: 0, elapsedMs })
        .actions[0]!.predicted.onTime;
    expect(onTime(220)).toBeCloseTo(0.5, 5);
    expect(onTime(500)).toBeGreaterThan(0.95);
    expect(onTime(100)).toBeLessThan(0.05);
    expect(onTime(500, 280)).toBeCloseTo(0.5, 5);
    expect(onTime(500, 500)).toBe(0);
  });

  it('is certain where nothing is promised', () => {
    expect(observation({}, { slo: {} }).actions.map(({ predicted }) => predicted.onTime)).toEqual([1, 1, 1]);
  });
});

describe('mask', () => {
  it('leaves everything open for a plain request', () => {
    expect(masks()).toEqual([undefined, undefined, undefined]);
  });

  it.each([
    ['not-allowed', { allowed: new Set(['small']) }, ['not-allowed', undefined, 'not-allowed']],
    ['not-pinned', { pinned: new Set(['large']) }, [undefined, 'not-pinned', 'not-pinned']],
    ['lacks-ability', { needs: new Set(['tools'] as const) }, [undefined, undefined, 'lacks-ability']],
    ['below-quality-floor', { minQuality: 0.6 }, [undefined, undefined, 'below-quality-floor']],
    ['below-quality-floor', { minTier: 2 }, [undefined, 'below-quality-floor', 'below-quality-floor']],
    ['context-too-short', { promptTokens: 4_000 }, [undefined, 'context-too-short', 'context-too-short']],
    [
      'context-too-short',
      { promptTokens: 3_900, maxOutputTokens: 101 },
      [undefined, 'context-too-short', 'context-too-short'],
    ],
  ] as const)('%s', (_, changes, expected) => {
    expect(masks({}, changes)).toEqual(expected);
  });

  it('cooling-down, while the endpoint is to be left alone', () => {
    const idle = snapshot({});
    const endpoints = { ...idle.endpoints, big: { ...idle.endpoints.big!, coolingMs: 1 } };
    const view = observe(catalogue, { ...idle, endpoints }, request(), { snapshotAgeMs: 0, elapsedMs: 0 });
    expect(view.actions.map(({ masked }) => masked)).toEqual(['cooling-down', undefined, undefined]);
  });
});

describe('on time', () => {
  const times = { ttftMs: 100, tpotMs: 10, e2eMs: 1_000 };
  it.each([
    [{}, true],
    [{ ttftMs: 100, tpotMs: 10, e2eMs: 1_000 }, true],
    [{ ttftMs: 99 }, false],
    [{ tpotMs: 9 }, false],
    [{ e2eMs: 999 }, false],
  ])('%o: %s', (slo, expected) => {
    expect(isOnTime(slo, times)).toBe(expected);
  });

  it('judges an answer that came as a whole by the time a stream on the bounds would have taken', () => {
    const slo = { ttftMs: 1_000, tpotMs: 50 };
    expect(isOnTime(slo, { e2eMs: 1_000 + 50 * 99 }, 100)).toBe(true);
    expect(isOnTime(slo, { e2eMs: 1_001 + 50 * 99 }, 100)).toBe(false);
    expect(isOnTime({ ttftMs: 1_000 }, { e2eMs: 9_000 }, 100)).toBe(true);
    expect(isOnTime({ ...slo, e2eMs: 2_000 }, { e2eMs: 2_001 }, 100)).toBe(false);
  });

  it('asks nothing of the pace of a single token', () => {
    expect(isOnTime({ tpotMs: 1 }, { ttftMs: 1, e2eMs: 1 })).toBe(true);
  });
});

describe('a predicted length', () => {
  it('takes the place of the task’s mean, and stays within the client’s bound', () => {
    const expected = (changes: Parameters<typeof observation>[1]) => observation({}, changes).length.tokens;
    expect(expected({})).toBe(100);
    expect(expected({ predictedOutputTokens: 400 })).toBe(400);
    expect(expected({ predictedOutputTokens: 400, maxOutputTokens: 30 })).toBe(30);
  });
});
