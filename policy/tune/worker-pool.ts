import { Worker } from 'node:worker_threads';

/** Worker threads that answer one message for each they are sent. */
export class WorkerPool<Job, Result> {
  readonly #workers: readonly Worker[];

  /** @param data given to each as its `workerData` */
  constructor(script: URL, count: number, data: unknown) {
    this.#workers = Array.from({ length: count }, () => new Worker(script, { workerData: data }));
  }

  /**
   * The jobs' results in the jobs' order, whoever did them. One call at a time.
   * @throws what a worker threw
   */
  async run(jobs: readonly Job[]): Promise<Result[]> {
    const results: Result[] = new Array(jobs.length);
    let next = 0;
    await Promise.all(
      this.#workers.map(async (worker) => {
        while (next < jobs.length) {
          const index = next++;
          results[index] = await ask<Job, Result>(worker, jobs[index]!);
        }
      }),
    );
    return results;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function ask<Job, Result>(worker: Worker, job: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onMessage = (result: Result) => {
      worker.off('error', onError);
      resolve(result);
    };
    const onError = (error: unknown) => {
      worker.off('message', onMessage);
      reject(error);
    };
    worker.once('message', onMessage);
    worker.once('error', onError);
    worker.postMessage(job);
  });
}
