import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Fleet } from '../../arena/fleet.ts';
import { CommandError } from '../../command-line/command-error.ts';
import { loadFleet } from '../../evaluate/load-fleet.ts';
import { dqn } from '../../rivals/dqn/dqn.ts';
import { type DqnWeights, weightsFile } from '../../rivals/dqn/weights.ts';
import { encodedParameters } from '../../rivals/encoded-parameters.ts';
import { loadWorkload, type Workload } from '../../workloads/load.ts';
import { Checkpoint } from '../checkpoint.ts';
import { writeCurves, writeDocument } from '../files.ts';
import type { CurvePoint, Learner, RuleToBeat, Trained, TrainOptions } from '../learner.ts';
import { Validation, type ValidationSizes } from '../validation.ts';
import { type Hyperparameters, hyperparameters } from './hyperparameters.ts';
import { DqnTraining, type Progress } from './training.ts';

/** How a training is watched. */
interface Watch {
  /** Validations, each with a checkpoint. They follow episodes, so long ones bring several close together. */
  readonly points: number;
  readonly validation?: ValidationSizes;
}

export const dqnLearner: Learner = {
  unit: 'decisions',
  defaultSteps: 100_000,
  defaultCase: { fleet: 'paper-partitioned', workload: 'storm' },
  train: (options) => trainDqn(options, hyperparameters),
};

interface State extends Progress {
  readonly points: readonly CurvePoint[];
}

/** Trains, and keeps the weights that did best on the validation seeds. */
export async function trainDqn(
  { task, out, stateFolder, resume, from, signal, onPoint }: TrainOptions,
  found: Hyperparameters,
  { points: pointCount, validation: sizes }: Watch = { points: 12 },
): Promise<Trained | undefined> {
  if (from !== undefined) throw new CommandError(`--from: dqn begins anew each time, received ${from}`);
  const only = task.only ?? dqnLearner.defaultCase!;
  const fleet = loadFleet(only.fleet);
  const workload = workloadOf(only.workload, fleet, found);
  const training = new DqnTraining({ ...task, fleet, workload, hyperparameters: found });
  const validation = new Validation(fleet, only.workload, sizes);
  const file = weightsFile(fleet.name, workload.name);
  const checkpoint = new Checkpoint<State>(join(stateFolder, `${file}.checkpoint`), {
    ...task,
    hyperparameters: found,
  });
  const bestParameters = Float32Array.from(training.learner.target.parameters);
  const points: CurvePoint[] = [];
  if (resume) {
    const { document, arrays } = checkpoint.read();
    training.restore({ document, arrays });
    points.push(...document.points);
    bestParameters.set(arrays.best!);
  }
  while (!training.isOver) {
    // Signals are heard between episodes.
    await setImmediate();
    if (signal?.aborted) return undefined;
    training.playEpisode();
    if (training.decisions / task.steps < (points.length + 1) / pointCount) continue;
    const point = pointOf(training, validation);
    points.push(point);
    if (bestOf(points) === point) bestParameters.set(training.learner.target.parameters);
    const { document, arrays } = training.saved();
    checkpoint.write({ document: { ...document, points }, arrays: { ...arrays, best: bestParameters } });
    onPoint?.(point, validation.rule);
  }
  const best = bestOf(points);
  const title = `Double DQN on ${fleet.name} under ${workload.name}, seed ${task.seed}`;
  const trained = { fleet: fleet.name, workload: workload.name, task, best, rule: validation.rule };
  const files = [
    writeDocument(join(out, file), weightsOf(training, bestParameters, trained)),
    await writeCurves(join(out, file.replace(/json$/, 'svg')), {
      title,
      unit: dqnLearner.unit,
      points,
      rule: validation.rule,
    }),
  ];
  return { kept: best, rule: validation.rule, files };
}

function workloadOf(name: string, { catalogue }: Fleet, { episodeMs }: Hyperparameters): Workload {
  return loadWorkload(name, { tasks: Object.keys(catalogue.tasks), durationMs: episodeMs });
}

/** How good the target network routes: it is the mean of the last online ones, and steadier than any of them. */
function pointOf(training: DqnTraining, validation: Validation): CurvePoint {
  return {
    step: training.decisions,
    utility: validation.utility(dqn(training.view, training.learner.target)),
    measures: { loss: training.takeLoss(), exploration: training.exploration },
  };
}

/** The first of the best. */
function bestOf(points: readonly CurvePoint[]): CurvePoint {
  return points.reduce((best, point) => (point.utility > best.utility ? point : best));
}

function weightsOf(
  { view, learner }: DqnTraining,
  parameters: Float32Array,
  trained: Pick<DqnWeights, 'fleet' | 'workload'> & {
    task: TrainOptions['task'];
    best: CurvePoint;
    rule: RuleToBeat;
  },
): DqnWeights {
  const { fleet, workload, task, best, rule } = trained;
  return {
    fleet,
    workload,
    tasks: view.tasks,
    models: view.models,
    sizes: learner.target.sizes,
    parameters: encodedParameters(parameters),
    training: {
      seed: task.seed,
      steps: task.steps,
      bestStep: best.step,
      utility: { dqn: rounded(best.utility), rule: rounded(rule.utility), ruleName: rule.name },
    },
  };
}

function rounded(utility: number): number {
  return Number(utility.toFixed(5));
}
