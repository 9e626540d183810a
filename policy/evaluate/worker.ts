import { parentPort } from 'node:worker_threads';
import type { Reply } from '../parallel/worker-pool.ts';
import { Arena, type Trial, type TrialResult } from './trial.ts';

const port = parentPort;
if (port === null) throw new Error('worker.ts is run as a worker thread');
const arena = new Arena();
port.on('message', (trial: Trial) => port.postMessage(replyTo(trial)));

function replyTo(trial: Trial): Reply<TrialResult> {
  try {
    return { result: arena.run(trial) };
  } catch (error) {
    const { setting, scorer, seed } = trial;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { fault: `${setting.fleet}, ${setting.workload}, ${scorer}, seed ${seed}: ${reason}` };
  }
}
