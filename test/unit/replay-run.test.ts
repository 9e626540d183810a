import { describe, expect, test } from 'vitest';
import { ChatClient } from '../../policy/replay/chat-client.ts';
import { pace } from '../../policy/replay/pace.ts';
import { preparePlan } from '../../policy/replay/plan.ts';
import { Progress, progressLine } from '../../policy/replay/progress.ts';
import { Recorder } from '../../policy/replay/recorder.ts';
import { runReplay } from '../../policy/replay/run.ts';
import { routeAnswerSchema, termsOf } from '../../policy/replay/terms.ts';
import { chatTasks } from '../../policy/workloads/families.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { answerAsAsked, type ChatHandler, routeAnswer, startFakeGateway } from '../support/fake-gateway.ts';

const never = new AbortController().signal;

/** A clock that waiting moves on, and nothing else unless a test says so. */
function simulatedTime() {
  const time = { nowMs: 0, waits: [] as number[] };
  const wait = async (ms: number) => {
    time.waits.push(ms);
    time.nowMs += ms;
  };
  return { time, clock: () => time.nowMs, wait };
}

const arrivingAt = (...at: number[]) => at.map((arrivalMs) => ({ arrivalMs }));

describe('pacing', () => {
  test('each item starts at its own time, whatever became of those before it', async () => {
    const { clock, wait } = simulatedTime();
    const started: number[][] = [];
    const start = (item: { arrivalMs: number }, lagMs: number) =>
      started.push([item.arrivalMs, clock(), lagMs]);
    await pace(arrivingAt(0, 10, 10, 250), start, { clock, wait, signal: never });
    expect(started).toEqual([
      [0, 0, 0],
      [10, 10, 0],
      [10, 10, 0],
      [250, 250, 0],
    ]);
  });

  test('a client that is behind says by how much, and does not slow the arrivals down', async () => {
    const { time, clock, wait } = simulatedTime();
    const lags: number[] = [];
    const start = (_: unknown, lagMs: number) => {
      lags.push(lagMs);
      time.nowMs += 30;
    };
    await pace(arrivingAt(0, 10, 20, 200), start, { clock, wait, signal: never });
    expect(lags).toEqual([0, 20, 40, 0]);
  });

  test('a burst lets others have their turn in between', async () => {
    const { time, clock, wait } = simulatedTime();
    let count = 0;
    await pace(arrivingAt(...Array(40).fill(0)), () => count++, { clock, wait, signal: never });
    expect(count).toBe(40);
    expect(time.waits).toEqual([0, 0]);
  });

  test('a gap longer than a timer can take is waited for in parts', async () => {
    const { time, clock, wait } = simulatedTime();
    const monthMs = 30 * 86_400_000;
    let count = 0;
    await pace(arrivingAt(0, monthMs), () => count++, { clock, wait, signal: never });
    expect({ count, ...time }).toEqual({
      count: 2,
      nowMs: monthMs,
      waits: [2 ** 31 - 1, monthMs - 2 ** 31 + 1],
    });
  });

  test('an abort ends it before the next item', async () => {
    const ending = new AbortController();
    const { clock, wait } = simulatedTime();
    const started: number[] = [];
    const start = (item: { arrivalMs: number }) => {
      started.push(item.arrivalMs);
      if (item.arrivalMs === 10) ending.abort();
    };
    await pace(arrivingAt(0, 10, 20), start, { clock, wait, signal: ending.signal });
    expect(started).toEqual([0, 10]);
  });
});

describe('a plan', () => {
  const generated = {
    source: { kind: 'generated', name: 'stable', ratePerSecond: 20, durationMs: 10_000 },
    tasks: [],
    class: undefined,
  } as const;

  test("a workload uses the tasks that are scored with the gateway's default", () => {
    const requests = preparePlan(generated)('gsm8k', seededRandom(1));
    expect(new Set(requests.map((request) => request.task))).toEqual(new Set(Object.keys(chatTasks)));
  });

  test('asked tasks and class hold for every request', () => {
    const plan = preparePlan({ ...generated, tasks: ['piqa', 'summaries'], class: 'batch' });
    const requests = plan('gsm8k', seededRandom(1));
    expect(new Set(requests.map((request) => request.task))).toEqual(new Set(['piqa', 'summaries']));
    expect(new Set(requests.map((request) => request.class))).toEqual(new Set(['batch']));
  });

  test('the same seed plans the same requests', () => {
    const plan = preparePlan(generated);
    expect(plan('mmlu', seededRandom(4))).toEqual(plan('mmlu', seededRandom(4)));
  });

  test('a duration in which nothing arrives is an error', () => {
    const short = { ...generated, source: { ...generated.source, durationMs: 0.001 } };
    expect(() => preparePlan(short)('mmlu', seededRandom(1))).toThrow(
      '--duration: ends before the first request arrives',
    );
  });

  test('more requests than a report could hold are refused before they are made', () => {
    const long = { ...generated, source: { ...generated.source, ratePerSecond: 1e5, durationMs: 1e9 } };
    expect(() => preparePlan(long)('copa', seededRandom(1))).toThrow('more than 1000000 requests');
  });
});

describe('a run', () => {
  const terms = new Map([['summary', termsOf(routeAnswerSchema.parse(routeAnswer()))]]);
  const request = { arrivalMs: 0, promptTokens: 10, outputTokens: 3, task: 'summary' };

  test('does not wait for answers before it sends: all are outstanding at once', async () => {
    const held: (() => void)[] = [];
    const holdUntilAllAreHere: ChatHandler = (chat, response) => {
      held.push(() => answerAsAsked(chat, response));
      if (held.length === 20) for (const answer of held) answer();
    };
    const recorder = await run(holdUntilAllAreHere, Array(20).fill(request));
    expect(recorder.counts).toEqual({ sent: 20, done: 20, onTime: 20, shed: 0, failed: 0 });
  });

  test('every request has its own prompt of its own length', async () => {
    const contents: string[] = [];
    const note: ChatHandler = (chat, response) => {
      contents.push(chat.body.messages[0]!.content);
      answerAsAsked(chat, response);
    };
    await run(note, [request, { ...request, promptTokens: 40 }, request]);
    expect(contents.map((content) => content.length).sort()).toEqual([160, 40, 40]);
    expect(new Set(contents).size).toBe(3);
  });

  test('an early end gives up what is under way and counts only what ended', async () => {
    const ending = new AbortController();
    let seen = 0;
    const answerOneOnly: ChatHandler = (chat, response) => {
      if (++seen === 1) answerAsAsked(chat, response);
      if (seen === 3) ending.abort();
    };
    const recorder = await run(answerOneOnly, [request, request, request], ending.signal);
    expect(recorder.counts.sent).toBe(3);
    expect(recorder.counts.done).toBeLessThan(3);
    expect(recorder.counts.failed).toBe(0);
  });

  async function run(chat: ChatHandler, requests: (typeof request)[], signal = never): Promise<Recorder> {
    const gateway = await startFakeGateway({ chat });
    const clock = () => performance.now();
    const client = new ChatClient({ url: gateway.url, clock });
    const recorder = new Recorder(terms);
    const wait = () => new Promise<void>((resolve) => setImmediate(resolve));
    await runReplay({ requests, client, recorder, clock, wait, signal });
    client.close();
    return recorder;
  }
});

describe('progress', () => {
  const counts = { sent: 1_200, done: 1_000, onTime: 950, shed: 20, failed: 3 };

  test('one line tells it all', () => {
    expect(
      progressLine(counts, { planned: 2_000, elapsedMs: 65_000, leftMs: 43_000, ratePerSecond: 18.46 }),
    ).toBe(
      '1:05  sent 1,200/2,000 · in flight 200 · done 1,000 · on time 950 (95 %) · shed 20 · failed 3 · 18.5 req/s · 0:43 left',
    );
  });

  test('after the last request it waits for answers, then has all of them', () => {
    const state = { planned: 2_000, elapsedMs: 1, leftMs: -1, ratePerSecond: 0 };
    expect(progressLine(counts, state)).toMatch(/finishing$/);
    expect(progressLine({ ...counts, done: 1_200 }, state)).toMatch(/finished$/);
  });

  test('a terminal is rewritten within its width; anything else gets lines', () => {
    expect(written({ isTTY: true, columns: 30 })).toEqual(['\r0:00  sent 1,200/2,000 · in f\u001B[K', '\n']);
    expect(written({ isTTY: false })).toEqual([expect.stringMatching(/^0:00 {2}sent .*\n$/)]);
  });

  test('the rate is that of the last seconds', () => {
    let nowMs = 0;
    let sent = 0;
    const lines: string[] = [];
    const progress = new Progress({
      sink: { write: (text) => lines.push(text) },
      clock: () => nowMs,
      planned: 1_000,
      lastArrivalMs: 60_000,
      counts: () => ({ ...counts, sent }),
    });
    for (const [atMs, sentByThen] of [
      [5_000, 100],
      [10_000, 100],
      [13_000, 130],
    ] as const) {
      nowMs = atMs;
      sent = sentByThen;
      progress.show();
    }
    progress.stop();
    expect(lines.slice(0, 3).map((line) => /([\d.]+) req\/s/.exec(line)?.[1])).toEqual([
      '20.0',
      '0.0',
      '10.0',
    ]);
  });

  function written(sink: { isTTY: boolean; columns?: number }): string[] {
    const texts: string[] = [];
    const progress = new Progress({
      sink: { ...sink, write: (text) => texts.push(text) },
      clock: () => 0,
      planned: 2_000,
      lastArrivalMs: 1_000,
      counts: () => counts,
    });
    progress.stop();
    return texts;
  }
});
