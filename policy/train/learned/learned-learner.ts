import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { features } from '../../../src/routing/learned/features.ts';
import { networkOf, parametersOf } from '../../../src/routing/learned/network.ts';
import { CommandError } from '../../command-line/command-error.ts';
import { loadFleet } from '../../evaluate/load-fleet.ts';
import { exportPolicy } from '../../export/export-policy.ts';
import { readNetworkFile } from '../../rivals/learned.ts';
import { loadWorkload } from '../../workloads/load.ts';
import { Checkpoint } from '../checkpoint.ts';
import { commit } from '../commit.ts';
import { writeCurves } from '../files.ts';
import type { CurvePoint, Learner, RuleToBeat, Trained, TrainingTask, TrainOptions } from '../learner.ts';
import { type TrainingSizes, usualSizes } from './sizes.ts';
import { type Check, type LearningState, type LearningTask, learn, learnedBy } from './train.ts';

const clock = (): number => performance.now();

export const learnedLearner: Learner = {
  unit: 'generations',
  defaultSteps: 160,
  train: (options) => trainLearned(options, usualSizes),
};

interface Saved {
  readonly commit: string;
  readonly state: LearningState;
  /** Time spent learning so far, by the wall clock. */
  readonly spentMs: number;
}

/** Trains, and exports what was learned as `learned.onnx` and its manifest. */
export async function trainLearned(
  options: TrainOptions,
  sizes: TrainingSizes,
): Promise<Trained | undefined> {
  const { task, stateFolder, resume, signal, workers, onPoint } = options;
  const name = nameFor(task.only);
  const first = options.from === undefined ? undefined : readFirst(options.from);
  const learning: LearningTask = {
    ...{ seed: task.seed, generations: task.steps, only: task.only },
    sizes: { ...sizes, hidden: first?.hidden ?? sizes.hidden },
    start: first?.parameters,
  };
  const checkpoint = new Checkpoint<Saved>(join(stateFolder, `${name}.checkpoint`), learning);
  const from = resume ? checkpoint.read().document : undefined;
  const beganMs = clock();
  const trainedBy = from?.commit ?? commit();
  const spentMs = () => (from?.spentMs ?? 0) + clock() - beganMs;
  let told = from?.state.checks.length ?? 0;
  const onGeneration = (state: LearningState) => {
    checkpoint.write({ document: { commit: trainedBy, state, spentMs: spentMs() }, arrays: {} });
    const check = state.checks[told];
    if (check === undefined) return;
    told += 1;
    onPoint?.(pointOf(check), ruleOf(check));
  };
  const state = await learn({ ...learning, workers, from: from?.state, signal, onGeneration });
  if (state.evolution.generation < task.steps) return undefined;
  const files = await written(options, name, learning, { commit: trainedBy, state, spentMs: spentMs() });
  const { check } = learnedBy(learning, state);
  return { kept: pointOf(check), rule: ruleOf(check), files };
}

async function written(
  { out, task, from }: TrainOptions,
  name: string,
  learning: LearningTask,
  { commit: trainedBy, state, spentMs }: Saved,
): Promise<string[]> {
  const { parameters, check } = learnedBy(learning, state);
  const { sizes, seed, generations } = learning;
  const { only } = task;
  const network = networkOf(Float32Array.from(parameters), features.length, sizes.hidden);
  mkdirSync(out, { recursive: true });
  const provenance = {
    training: {
      seed,
      commit: trainedBy,
      configuration: {
        method: 'evolution strategies',
        generations,
        ...(only && { only: { ...only } }),
        ...(from !== undefined && { fromSha256: digestOf(from) }),
        ...sizes,
      },
    },
    evaluation: {
      ...check,
      on: `${sizes.checks} scenarios of checking seeds`,
      trainedForMinutes: Math.round(spentMs / 60_000),
    },
  };
  exportPolicy(network, provenance, out, name);
  const curves = {
    title: `The learned policy beside the rule, seed ${task.seed}`,
    unit: learnedLearner.unit,
    points: state.checks.map(pointOf),
    rule: ruleOf(check),
  };
  return [
    join(out, `${name}.onnx`),
    join(out, `${name}.json`),
    await writeCurves(join(out, `${name}.svg`), curves),
  ];
}

function pointOf({ generation, policy }: Check): CurvePoint {
  return { step: generation, utility: policy.utility, measures: { 'on time': policy.onTime } };
}

function ruleOf({ rule }: Check): RuleToBeat {
  return { name: 'shadow-price', utility: rule.utility };
}

/** The numbers an exported network has. @throws CommandError when the file is none, or takes other features */
function readFirst(file: string): { readonly parameters: number[]; readonly hidden: number } {
  try {
    const network = readNetworkFile(file);
    return { parameters: [...parametersOf(network)], hidden: network.hidden };
  } catch (error) {
    throw new CommandError(`--from: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** What the artifact is called: by the names of a fleet and a workload, which may come from files. */
function nameFor(only: TrainingTask['only']): string {
  if (only === undefined) return 'learned';
  const fleet = loadFleet(only.fleet);
  const tasks = Object.keys(fleet.catalogue.tasks);
  const workload = loadWorkload(only.workload, { tasks });
  return `learned-${fleet.name}-${workload.name}`.replaceAll(/[^\w-]+/g, '-');
}
