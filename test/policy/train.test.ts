import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readWeights } from '../../policy/rivals/dqn/weights.ts';
import { parseArguments } from '../../policy/train/arguments.ts';
import { Checkpoint } from '../../policy/train/checkpoint.ts';
import { trainDqn } from '../../policy/train/dqn/dqn-learner.ts';
import { type Hyperparameters, hyperparameters } from '../../policy/train/dqn/hyperparameters.ts';
import type { CurvePoint, TrainOptions } from '../../policy/train/learner.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const task = { only: { fleet: 'paper-partitioned', workload: 'surge' }, seed: 3, steps: 1_500 };
/** Small enough to be seen through at once; the memory is full before the end. */
const tiny = {
  ...hyperparameters,
  hidden: [8, 8],
  episodeMs: 250,
  warmUp: 50,
  replay: 700,
  batch: 8,
} as const;

const watch = { points: 10, validation: { seeds: 1, durationMs: 2_000 } };
const train = (made: TrainOptions, found: Hyperparameters = tiny) => trainDqn(made, found, watch);

async function options(changes: Partial<TrainOptions> = {}): Promise<TrainOptions> {
  const folder = await temporaryFolder();
  return {
    task,
    out: join(folder, 'out'),
    stateFolder: join(folder, 'state'),
    resume: false,
    workers: 1,
    ...changes,
  };
}

/** Every file below a folder, with its bytes. */
function filesIn(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );
}

describe('training', () => {
  test('ends with the same bytes when it was stopped and resumed as when it was not', async () => {
    const whole = await options();
    const points: CurvePoint[] = [];
    const trained = await train({ ...whole, onPoint: (point) => points.push(point) });
    expect(points.length).toBeGreaterThan(5);

    const stopped = await options();
    const ending = new AbortController();
    let heard = 0;
    const stop = () => {
      heard += 1;
      if (heard === 3) ending.abort();
    };
    expect(await train({ ...stopped, signal: ending.signal, onPoint: stop })).toBeUndefined();
    const resumed: CurvePoint[] = [];
    const onPoint = (point: CurvePoint) => void resumed.push(point);
    const again = await train({ ...stopped, resume: true, onPoint });
    expect(resumed).toEqual(points.slice(3));
    expect(again).toMatchObject({ kept: trained!.kept, rule: trained!.rule });
    expect(filesIn(stopped.out)).toEqual(filesIn(whole.out));
    expect(filesIn(stopped.stateFolder)).toEqual(filesIn(whole.stateFolder));
    expect(Object.keys(filesIn(whole.out)).sort()).toEqual([
      'dqn-paper-partitioned-surge.json',
      'dqn-paper-partitioned-surge.svg',
    ]);
  });

  test('keeps the best it was, and says how good that is', async () => {
    const made = await options();
    const points: CurvePoint[] = [];
    const trained = await train({ ...made, onPoint: (point) => points.push(point) });
    const weights = readWeights(join(made.out, 'dqn-paper-partitioned-surge.json'))!;
    expect(weights.training).toMatchObject({ seed: 3, steps: 1_500, bestStep: trained!.kept.step });
    expect(weights.training.utility.ruleName).toBe('shadow-price-tuned');
    expect(trained!.kept).toEqual(points.find(({ step }) => step === trained!.kept.step));
    expect(trained!.kept.utility).toBe(Math.max(...points.map(({ utility }) => utility)));
  });

  test('another seed learns something else', async () => {
    const [one, other] = [await options(), await options({ task: { ...task, seed: 4 } })];
    for (const made of [one, other]) await train({ ...made, task: { ...made.task, steps: 400 } });
    expect(filesIn(one.out)).not.toEqual(filesIn(other.out));
  });

  test('does not resume what is not there, or is of another training', async () => {
    const made = await options({ task: { ...task, steps: 400 } });
    await expect(train({ ...made, resume: true })).rejects.toThrow('--resume: no checkpoint at');
    await train(made);
    const other = { ...made, resume: true, task: { ...task, steps: 500 } };
    await expect(train(other)).rejects.toThrow(/--resume: .* is of another training, .*"steps":400/);
  });
});

describe('a checkpoint', () => {
  test('brings back every number, however few bytes are before it', async () => {
    const path = join(await temporaryFolder(), 'deep', 'checkpoint');
    const checkpoint = new Checkpoint<{ text: string }>(path, { seed: 1 });
    for (const text of ['', 'a', 'ab', 'abc']) {
      const arrays = {
        bytes: Uint8Array.of(1, 2, 3),
        floats: Float32Array.of(0.1, Number.NEGATIVE_INFINITY, -0),
        part: new Float32Array([1, 2, 3, 4]).subarray(1, 3),
      };
      checkpoint.write({ document: { text }, arrays });
      expect(checkpoint.read()).toEqual({ document: { text }, arrays });
    }
  });
});

describe('npm run train', () => {
  test('has a default for everything', () => {
    expect(parseArguments([])).toMatchObject({
      scorer: 'learned',
      task: { only: undefined, seed: 1, steps: 160 },
      resume: false,
    });
    expect(parseArguments(['--scorer', 'dqn'])).toMatchObject({
      task: { only: { fleet: 'paper-partitioned', workload: 'storm' }, steps: 100_000 },
    });
  });

  test.each([
    [['--scorer', 'sarsa'], '--scorer: expected one of learned, dqn, got "sarsa"'],
    [['--steps', '0'], '--steps: expected a whole number from 1 to'],
    [['--seed', '10000'], '--seed: expected a whole number from 0 to 9999, got "10000"'],
    [['--fleet', 'chat'], '--workload: missing, --fleet chat is given'],
    [['--workload', 'storm'], '--fleet: missing, --workload storm is given'],
    [['--from'], '--from'],
    [['--resume', 'yes'], 'unexpected argument "yes"'],
  ])('says what is wrong with %j', (args, message) => {
    expect(() => parseArguments(args)).toThrow(message);
  });
});
