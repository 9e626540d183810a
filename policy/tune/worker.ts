import { parentPort } from 'node:worker_threads';
import type { Reply } from '../parallel/worker-pool.ts';
import type { ParameterValues } from '../rivals/tunable.ts';
import { Objective, type TuningTask } from './objective.ts';

/** One run of the arena; its result is the utility. */
export interface Trial {
  readonly task: TuningTask;
  readonly values: ParameterValues;
  readonly seed: number;
}

const port = parentPort;
if (port === null) throw new Error('worker.ts is run as a worker thread');

/** Kept from trial to trial: a search has one task, and its requests take long to make. */
let newest: { readonly key: string; readonly objective: Objective } | undefined;

port.on('message', ({ task, values, seed }: Trial) => {
  try {
    const key = JSON.stringify(task);
    if (newest?.key !== key) newest = { key, objective: new Objective(task) };
    reply({ result: newest.objective.utility(values, seed) });
  } catch (error) {
    reply({ fault: error instanceof Error ? error.message : String(error) });
  }
});

function reply(message: Reply<number>): void {
  port!.postMessage(message);
}
