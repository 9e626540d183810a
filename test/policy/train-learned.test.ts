import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compete } from '../../policy/arena/contender.ts';
import { namedFleet } from '../../policy/arena/named-fleets.ts';
import { readNetworkFile } from '../../policy/rivals/learned.ts';
import { trainLearned } from '../../policy/train/learned/learned-learner.ts';
import type { TrainingSizes } from '../../policy/train/learned/sizes.ts';
import { startParameters } from '../../policy/train/learned/start.ts';
import type { CurvePoint, TrainOptions } from '../../policy/train/learner.ts';
import { loadWorkload } from '../../policy/workloads/load.ts';
import { scorerSchema } from '../../src/routing/catalogue.ts';
import { createScorer } from '../../src/routing/create-scorer.ts';
import { features } from '../../src/routing/learned/features.ts';
import { networkOf, parametersOf } from '../../src/routing/learned/network.ts';
import { learnedPolicy } from '../../src/routing/scorers/learned.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Starting a thread costs seconds on a busy machine, and these tests start many. */
const patientMs = 120_000;

/** Small enough to be seen through at once. */
const tiny: TrainingSizes = {
  hidden: 2,
  pairs: 3,
  deviation: 0.1,
  rate: 0.05,
  lastRate: 0.01,
  requests: 60,
  checkEvery: 2,
  checks: 2,
};

async function options(changes: Partial<TrainOptions> = {}): Promise<TrainOptions> {
  const folder = await temporaryFolder();
  return {
    task: { seed: 3, steps: 4, only: { fleet: 'paper-partitioned', workload: 'surge' } },
    out: join(folder, 'out'),
    stateFolder: join(folder, 'state'),
    resume: false,
    workers: 1,
    ...changes,
  };
}

/** The network, and what its manifest says apart from the time it took. */
function artifact(folder: string, name: string): { onnx: string; manifest: object } {
  const manifest = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  delete manifest.evaluation.trainedForMinutes;
  return { onnx: readFileSync(join(folder, `${name}.onnx`)).toString('base64'), manifest };
}

describe('training the learned policy', { timeout: patientMs }, () => {
  test('ends with the same network whether it was stopped and resumed or not, on one thread or on two', async () => {
    const whole = await options();
    const trained = await trainLearned({ ...whole, workers: 2 }, tiny);

    const stopped = await options();
    const ending = new AbortController();
    const stop = () => ending.abort();
    expect(await trainLearned({ ...stopped, signal: ending.signal, onPoint: stop }, tiny)).toBeUndefined();
    const points: CurvePoint[] = [];
    const onPoint = (point: CurvePoint) => void points.push(point);
    const resumed = await trainLearned({ ...stopped, resume: true, onPoint }, tiny);

    // It was stopped after the check of where it began.
    expect(points.map(({ step }) => step)).toEqual([2, 4]);
    expect(resumed!.kept).toEqual(trained!.kept);
    const name = 'learned-paper-partitioned-surge';
    expect(artifact(stopped.out, name)).toEqual(artifact(whole.out, name));
    expect(trained!.files).toEqual(['onnx', 'json', 'svg'].map((kind) => join(whole.out, `${name}.${kind}`)));
  });

  test('is for every fleet unless a case is given', async () => {
    const made = await options({ task: { seed: 3, steps: 1 } });
    const trained = await trainLearned(made, { ...tiny, pairs: 1, checks: 1 });
    expect(trained!.files[0]).toBe(join(made.out, 'learned.onnx'));
    expect(artifact(made.out, 'learned').manifest).toMatchObject({
      training: { seed: 3, configuration: { generations: 1, pairs: 1, hidden: 2 } },
      evaluation: {
        generation: expect.any(Number),
        policy: { utility: expect.any(Number), onTime: expect.any(Number) },
        rule: { utility: expect.any(Number), onTime: expect.any(Number) },
      },
    });
  });

  test('goes on from a network that is there, and ends with nothing less', async () => {
    const first = await options({ task: { seed: 3, steps: 1 } });
    await trainLearned(first, { ...tiny, pairs: 1, checks: 1 });
    const from = join(first.out, 'learned.onnx');
    // So large a step leaves every hill.
    const harmful = { ...tiny, rate: 50, lastRate: 50, hidden: 5 };
    const trained = await trainLearned(await options({ from }), harmful);
    expect(trained!.kept.step).toBe(0);
    const [onnx] = trained!.files;
    expect(parametersOf(readNetworkFile(onnx!))).toEqual(parametersOf(readNetworkFile(from)));
  });

  test('refuses to begin with what is no network', async () => {
    const made = await options({ from: 'policy/artifacts/tuned.json' });
    await expect(trainLearned(made, tiny)).rejects.toThrow('--from: ');
    await expect(trainLearned({ ...made, from: 'nowhere.onnx' }, tiny)).rejects.toThrow(
      /--from: .*nowhere\.onnx/,
    );
  });

  test('begins about where the rule is', () => {
    const fleet = namedFleet('paper-partitioned');
    const workload = loadWorkload('surge', { tasks: Object.keys(fleet.catalogue.tasks), durationMs: 5_000 });
    const requests = [...workload.requests(1_000_001)];
    const utility = (scorer: ReturnType<typeof learnedPolicy>) =>
      compete({ name: 'any', arrange: (given) => given, scorer: () => scorer }, fleet, requests, 1).utility;
    const start = learnedPolicy(networkOf(startParameters(4, 1), features.length, 4));
    const rule = createScorer(scorerSchema.parse({ kind: 'shadow-price' }), () => 0.5);
    expect(Math.abs(utility(start) - utility(rule))).toBeLessThan(0.02);
  });
});
