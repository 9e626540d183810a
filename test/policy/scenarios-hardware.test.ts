import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { Hardware } from '../../policy/arena/fleet.ts';
import { coefficientsNamed, ladderCoefficients } from '../../policy/simulator/coefficients.ts';
import { cohostedLayout } from '../../policy/train/scenarios/layout.ts';
import { longestRequestTokens } from '../../policy/train/scenarios/lengths.ts';
import { gpuMemoryGb, modelRows, weightsGb } from '../../policy/train/scenarios/model-rows.ts';
import { idleTimes, measuredPrior } from '../../policy/train/scenarios/speed.ts';
import { seededRandom } from '../../src/platform/random.ts';

const DATA = new URL('../../../shared/data/latency/latency_coefficients.csv', import.meta.url);
const present = existsSync(DATA);

describe.skipIf(!present)(`model rows${present ? '' : ' (skipped: no ../shared/data)'}`, () => {
  it('are those of the published table', () => {
    const published: Record<string, string>[] = parse(readFileSync(DATA), { columns: true });
    for (const { gpu, model, gpus, size, coefficients } of modelRows) {
      const line = published.find((row) => row.gpu === gpu && row.model === model)!;
      const value = (column: string) => Number(line[column]);
      const [w, c, p, d0, dn, dk] = ['w', 'c', 'p', 'd0', 'dn', 'dk'].map(value) as number[];
      const [a0, a1, a2, h0, h1] = ['a0', 'a1', 'a2', 'h0', 'h1'].map(value);
      const kvCapacityTokens = value('kv_capacity_tokens');
      const row = { gpu, model, tp: value('tp'), kvCapacityTokens };
      expect(coefficients).toEqual(
        ladderCoefficients({
          ...row,
          ...{ w: w!, c: c!, p: p!, d0: d0!, dn: dn!, dk: dk! },
          ...{ a0: a0!, a1: a1!, a2: a2!, h0: h0!, h1: h1! },
        }),
      );
      expect([gpus, size]).toEqual([value('tp'), value('params_b')]);
      const usedGb =
        weightsGb({ gpu, model, gpus, size, coefficients }) +
        (kvCapacityTokens * value('kv_bytes_per_token')) / 1e9;
      expect(usedGb / gpus).toBeCloseTo(gpuMemoryGb[gpu], 0);
    }
  });
});

describe('every model by itself', () => {
  it('has room for the longest request', () => {
    for (const { coefficients } of modelRows)
      expect(coefficients.kvTokens - 16, coefficients.name).toBeGreaterThan(longestRequestTokens);
  });
});

describe('co-hosted models', () => {
  it('fit the memory of one GPU together, and leave room for the longest request', () => {
    const random = seededRandom(1);
    for (let index = 0; index < 200; index++) {
      const { ladder, kvTokens, endpoints } = cohostedLayout(random);
      const usedGb = ladder.reduce((sum, row) => {
        const gbPerToken = (gpuMemoryGb[row.gpu] - weightsGb(row)) / row.coefficients.kvTokens;
        return sum + weightsGb(row) + kvTokens.get(row)! * gbPerToken;
      }, 0);
      expect(usedGb).toBeLessThanOrEqual(gpuMemoryGb[ladder[0]!.gpu]);
      for (const tokens of kvTokens.values()) expect(tokens).toBeGreaterThan(longestRequestTokens);
      expect(endpoints.length * ladder.length).toBeLessThanOrEqual(15);
    }
  });
});

describe('speeds', () => {
  const coefficients = coefficientsNamed('A100/opt-6.7b');
  const hardware: Hardware = {
    coefficients,
    gpus: 1,
    maxNumSeqs: 128,
    overheadMs: undefined,
    kvTokens: undefined,
  };

  it("are near the measured ones of the bench's catalogue", () => {
    const prior = measuredPrior(hardware, 120);
    const bench = { ttftMs: 11, ttftMsPerToken: 0.048, tpotMs: 11.2, tpotMsPerRequest: 0.09 };
    for (const [field, value] of Object.entries(bench)) {
      const ratio = prior[field as keyof typeof bench] / value;
      expect(ratio, field).toBeGreaterThan(0.7);
      expect(ratio, field).toBeLessThan(1.4);
    }
  });

  it('of an idle model are a prefill and one step per further token', () => {
    const { ttftMs, tpotMs, e2eMs } = idleTimes(hardware, { promptTokens: 120, outputTokens: 24 });
    expect(e2eMs).toBeCloseTo(ttftMs + 23 * tpotMs, 9);
    expect(tpotMs).toBeGreaterThan(9.4);
    expect(ttftMs).toBeGreaterThan(tpotMs);
  });
});
