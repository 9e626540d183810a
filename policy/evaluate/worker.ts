import { parentPort } from 'node:worker_threads';
import type { Reply } from '../parallel/worker-pool.ts';
import { Arena, type Job, type Results } from './trial.ts';

const port = parentPort;
if (port === null) throw new Error('worker.ts is run as a worker thread');
const arena = new Arena();
port.on('message', async (job: Job) => port.postMessage(await replyTo(job)));

async function replyTo(job: Job): Promise<Reply<Results[Job['kind']]>> {
  try {
    return { result: await arena.run(job) };
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { fault: `${JSON.stringify(job)}: ${reason}` };
  }
}
