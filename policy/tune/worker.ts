import { parentPort, workerData } from 'node:worker_threads';
import type { ParameterValues } from '../rivals/tunable.ts';
import { Objective, type TuningTask } from './objective.ts';

/** One run of the arena: what a worker is sent; it answers with the utility. */
export interface Trial {
  readonly values: ParameterValues;
  readonly seed: number;
}

const port = parentPort;
if (port === null) throw new Error('worker.ts is run as a worker thread');
const objective = new Objective(workerData as TuningTask);
port.on('message', ({ values, seed }: Trial) => port.postMessage(objective.utility(values, seed)));
