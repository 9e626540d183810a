import { describe, expect, test } from 'vitest';
import { replayChart } from '../../policy/replay/chart.ts';
import type { Exchange, Outcome } from '../../policy/replay/exchange.ts';
import { type Judged, Recorder } from '../../policy/replay/recorder.ts';
import { recordLines } from '../../policy/replay/records.ts';
import { summarize } from '../../policy/replay/summary.ts';
import { summaryTable } from '../../policy/replay/summary-table.ts';
import { isAnsweredOnTime, type TaskTerms } from '../../policy/replay/terms.ts';
import { timeline } from '../../policy/replay/timeline.ts';
import { warnings } from '../../policy/replay/warnings.ts';
import { formatClock, formatMs, formatShare } from '../../policy/report/format.ts';
import { percentiles, quantile } from '../../policy/report/statistics.ts';
import { renderSvg } from '../../policy/report/svg.ts';
import { renderTable } from '../../policy/report/table.ts';

const terms: TaskTerms = {
  task: 'summary',
  class: 'standard',
  slo: { ttftMs: 1_000, tpotMs: 50 },
  quality: { large: 0.8, small: 0.5 },
  bestQuality: 0.8,
};

const answered = {
  kind: 'answered',
  ttftMs: 100,
  tpotMs: 20,
  e2eMs: 300,
  promptTokens: 10,
  outputTokens: 11,
} as const;
const late = { ...answered, ttftMs: 2_000 };
const shed = { kind: 'shed' } as const;
const failed = { kind: 'failed', reason: 'HTTP 503: no endpoint' } as const;

describe('on time', () => {
  test.each<[string, Outcome, object, boolean]>([
    ['within every bound', answered, { ttftMs: 100, tpotMs: 20, e2eMs: 300 }, true],
    ['TTFT missed', answered, { ttftMs: 99 }, false],
    ['TPOT missed', answered, { tpotMs: 19 }, false],
    ['E2E missed', answered, { e2eMs: 299 }, false],
    ['no bound at all', answered, {}, true],
    ['one token has no TPOT to miss', { ...answered, tpotMs: undefined }, { tpotMs: 1 }, true],
    ['shed', shed, {}, false],
    ['failed', failed, {}, false],
  ])('%s', (_, outcome, slo, expected) => {
    expect(isAnsweredOnTime(outcome, slo)).toBe(expected);
  });
});

describe('the summary', () => {
  const judged = judge(
    exchange({ variant: 'large' }, answered),
    exchange({ variant: 'large' }, late),
    exchange({ variant: 'small' }, { ...answered, ttftMs: 300, tpotMs: undefined }),
    exchange({}, shed),
    exchange({ variant: 'small' }, failed, { class: 'batch' }),
  );
  const summary = summarize(judged, 7);

  test('shares count every request, latencies only answers', () => {
    expect(summary).toMatchObject({ requests: 5, shed: 1, failed: 1, unfinished: 2, onTimeShare: 2 / 5 });
    expect(summary.utility).toBeCloseTo((0.8 + 0.5) / (5 * 0.8), 12);
    expect(summary.ttftMs.p50).toBe(300);
    expect(summary.tpotMs.p50).toBe(20);
  });

  test('by variant, without those that none took', () => {
    expect(Object.keys(summary.byVariant)).toEqual(['large', 'small']);
    expect(summary.byVariant.large).toMatchObject({ requests: 2, onTimeShare: 0.5, utility: 0.5 });
    expect(summary.byVariant.small).toMatchObject({ requests: 2, onTimeShare: 0.5, failed: 1 });
  });

  test("by class: the request's own, else the task's", () => {
    expect(summary.byClass.standard?.requests).toBe(4);
    expect(summary.byClass.batch).toMatchObject({ requests: 1, failed: 1, ttftMs: { p50: null } });
  });

  test('nothing at all has counts and no shares', () => {
    expect(summarize([], 3)).toMatchObject({ requests: 0, onTimeShare: null, utility: null, unfinished: 3 });
  });

  test('the table has a row per class and variant, one per class, one for all', () => {
    const rows = summaryTable(judged)
      .split('\n')
      .filter((line) => !line.startsWith('─'))
      .slice(2)
      .map((line) => line.split(/\s{2,}/).slice(0, 4));
    expect(rows).toEqual([
      ['standard', '(none)', '1', '0.0 %'],
      ['standard', 'large', '2', '50.0 %'],
      ['standard', 'small', '1', '100.0 %'],
      ['standard', 'together', '4', '50.0 %'],
      ['batch', 'small', '1', '0.0 %'],
      ['all', '5', '40.0 %', '32.5 %'],
    ]);
  });

  test('an exchange of a task nobody asked about is a fault of the program', () => {
    const other = exchange({}, shed, { task: 'other' });
    expect(() => judge(other)).toThrow('no terms for task "other"');
  });
});

describe('warnings', () => {
  const of = (...exchanges: Exchange[]) => {
    const judged = judge(...exchanges);
    return warnings(judged, summarize(judged, judged.length));
  };

  test('none when all is as it should be', () => {
    expect(of(exchange({ variant: 'large' }, answered))).toEqual([]);
  });

  test('a client that could not keep up', () => {
    expect(of({ ...exchange({}, shed), lagMs: 800 })).toEqual([
      expect.stringMatching(/^this client could not keep up: .* more than 800 ms late/),
    ]);
  });

  test('prompts shorter than the sentence, answers of another length', () => {
    expect(of(exchange({ variant: 'large' }, answered, { promptTokens: 3, outputTokens: 9 }))).toEqual([
      expect.stringMatching(/^prompts shorter than the sentence .*: 1 of 1$/),
      'answers not as long as recorded: 1 of 1 (large 1)',
    ]);
  });

  test('failures by kind, the most frequent first, and what was not finished', () => {
    const judged = judge(
      exchange({}, { kind: 'failed', reason: 'a' }),
      exchange({}, failed),
      exchange({}, failed),
    );
    expect(warnings(judged, summarize(judged, 4))).toEqual([
      'ended early; requests not sent or not finished, and not counted: 1',
      'failed 2 ×: HTTP 503: no endpoint',
      'failed 1 ×: a',
    ]);
  });
});

describe('the chart', () => {
  const judged = judge(
    ...Array.from({ length: 300 }, (_, index) =>
      exchange(
        index % 50 === 0 ? {} : { variant: index % 3 === 0 ? 'small' : 'large' },
        index % 50 === 0 ? shed : answered,
        {},
        index * 100,
      ),
    ),
  );

  test('bins hold every request once, at rates that integrate to their number', () => {
    const bins = timeline(judged);
    const count = bins.reduce(
      (sum, bin) => sum + (bin.toS - bin.fromS) * Object.values(bin.rates).reduce((a, b) => a + b, 0),
      0,
    );
    expect(count).toBeCloseTo(300, 9);
    expect(bins[0]).toMatchObject({ fromS: 0, toS: 1, onTimeShare: 0.9, ttftP95Ms: 100 });
    expect(bins.length).toBe(30);
  });

  test('a silence has bins without shares', () => {
    const silent = judge(exchange({}, shed, {}, 0), exchange({}, shed, {}, 10_000));
    const empty = timeline(silent).slice(1, -1);
    expect(empty.length).toBeGreaterThan(0);
    for (const bin of empty) expect(bin).toMatchObject({ rates: {}, onTimeShare: null, ttftP95Ms: null });
  });

  test('an SVG that names what it shows, with units and shares', async () => {
    const svg = await draw(judged);
    expect(svg).toMatch(/^<svg/);
    for (const text of [
      'A title',
      'large · 65.3 %',
      'small · 32.7 %',
      'shed · 2.0 %',
      'deadline 1.00 s',
      '100%',
    ])
      expect(svg).toContain(text);
    for (const text of [
      'requests per second',
      'Requests on time',
      'Time to first token',
      'Seconds since the start',
    ])
      expect(svg).toContain(text);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  test.each([
    ['nothing was seen', []],
    ['one request', judge(exchange({}, shed))],
    ['nothing was answered', judge(exchange({}, shed), exchange({}, failed, {}, 3_000))],
    [
      'more than ten minutes',
      judge(exchange({}, shed), exchange({ variant: 'large' }, answered, {}, 900_000)),
    ],
  ])('draws also when %s', async (_, few) => {
    expect(await draw(few)).not.toMatch(/NaN|undefined/);
  });

  function draw(shown: readonly Judged[]): Promise<string> {
    return renderSvg(replayChart(shown, { title: 'A title', subtitle: 'and more', terms: [terms] }));
  }
});

describe('records', () => {
  test('one JSON line per request, in order of sending', () => {
    const judged = judge(
      exchange({}, failed, {}, 20),
      exchange({ variant: 'large', endpoint: 'one', reason: 'best', requestId: 'r' }, answered, {}, 10),
    );
    const records = recordLines(judged)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records[0]).toMatchObject({
      sentAtMs: 10,
      task: 'summary',
      asked: { promptTokens: 10, outputTokens: 11 },
      variant: 'large',
      reason: 'best',
      outcome: 'answered',
      ttftMs: 100,
      onTime: true,
      utility: 0.8,
    });
    expect(records[1]).toMatchObject({ sentAtMs: 20, outcome: 'failed', failure: 'HTTP 503: no endpoint' });
  });
});

describe('report parts', () => {
  test('quantiles interpolate between neighbours', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([10], 0.99)).toBe(10);
    expect(percentiles([4, 1, 3, 2, 5])).toEqual({ p50: 3, p95: 4.8, p99: 4.96 });
    expect(percentiles([])).toEqual({ p50: null, p95: null, p99: null });
  });

  test('values read well at every size', () => {
    expect([3.12, 99.95, 420.4, 999.6, 1_250, null].map(formatMs)).toEqual([
      '3.1 ms',
      '100 ms',
      '420 ms',
      '1.00 s',
      '1.25 s',
      '–',
    ]);
    expect([0, 0.98765, 1, null].map(formatShare)).toEqual(['0.0 %', '98.8 %', '100.0 %', '–']);
    expect([0, 65_400, 3_701_000, -5].map(formatClock)).toEqual(['0:00', '1:05', '61:41', '0:00']);
  });

  test('tables align to their widest cell', () => {
    const columns = [
      { heading: 'name', align: 'left' },
      { heading: 'TTFT\np50', align: 'right' },
    ] as const;
    expect(renderTable(columns, [['a', '1'], 'rule', ['longer', '12345']])).toBe(
      [
        'name     TTFT',
        '          p50',
        '─────────────',
        'a           1',
        '─────────────',
        'longer  12345',
      ].join('\n'),
    );
  });
});

function exchange(route: Exchange['route'], outcome: Outcome, request: object = {}, sentAtMs = 0): Exchange {
  return {
    request: { arrivalMs: sentAtMs, promptTokens: 10, outputTokens: 11, task: 'summary', ...request },
    sentAtMs,
    lagMs: 0,
    status: outcome.kind === 'answered' ? 200 : 429,
    route,
    outcome,
  };
}

function judge(...exchanges: Exchange[]): readonly Judged[] {
  const recorder = new Recorder(new Map([['summary', terms]]));
  for (const one of exchanges) recorder.ended(one);
  return recorder.judged;
}
