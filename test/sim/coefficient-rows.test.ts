import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { ladderRows, measuredRows } from '../../policy/simulator/coefficient-rows.ts';

const DATA = new URL('../../../shared/data/latency/', import.meta.url);
const present = existsSync(DATA);

/** The file's columns that we kept under another name. */
const renamed: Record<string, string> = {
  kvCapacityTokens: 'kv_capacity_tokens',
  kvTokens: 'kv_tokens',
  maxNumSeqs: 'max_num_seqs',
  overheadMs: 'overhead_ms',
};

function published(file: string): Record<string, string>[] {
  return parse(readFileSync(new URL(file, DATA)), { columns: true });
}

describe.skipIf(!present)(`the rows${present ? '' : ' (skipped: no ../shared/data)'}`, () => {
  const sources = [
    ['latency_coefficients.csv', ladderRows, ['gpu', 'model']],
    ['measured_vllm_coefficients.csv', measuredRows, ['run']],
  ] as const;

  for (const [file, rows, keys] of sources) {
    it.each(rows.map((row) => [row]))(`are those of ${file}: %o`, (row) => {
      const values = new Map<string, unknown>(Object.entries(row));
      const source = published(file).find((line) => keys.every((key) => line[key] === values.get(key)));
      expect(source).toBeDefined();
      for (const [name, value] of values) {
        const text = source![renamed[name] ?? name];
        expect(typeof value === 'number' ? Number(text) : text, name).toBe(value);
      }
    });
  }
});
