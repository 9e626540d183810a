import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** What a worker answers to each message: the job's result, or why there is none. */
export type Reply<Result> = { readonly result: Result } | { readonly fault: string };

interface Waiting<Job, Result> {
  readonly job: Job;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/** Threads that do jobs in the order they are given, each when one is free. */
export class WorkerPool<Job, Result> {
  readonly #script: URL;
  readonly #most: number;
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #waiting: Waiting<Job, Result>[] = [];

  /**
   * @param script answers every job it is sent with one `Reply`
   * @param most threads at most; they are started when there is work for them
   */
  constructor(script: URL, most: number = availableParallelism()) {
    this.#script = script;
    this.#most = most;
  }

  /** @throws Error with the worker's words when the job fails */
  run(job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      this.#assign();
    });
  }

  /** Stops the threads where they are. Jobs under way never settle. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #assign(): void {
    if (this.#waiting.length === 0) return;
    const worker = this.#idle.pop() ?? this.#start();
    if (worker === undefined) return;
    const { job, resolve, reject } = this.#waiting.shift()!;
    const settle = (reply: Reply<Result>) => {
      worker.off('error', reject);
      this.#idle.push(worker);
      this.#assign();
      if ('fault' in reply) reject(new Error(reply.fault));
      else resolve(reply.result);
    };
    worker.once('message', settle);
    worker.once('error', reject);
    worker.postMessage(job);
  }

  #start(): Worker | undefined {
    if (this.#workers.length === this.#most) return undefined;
    const worker = new Worker(this.#script);
    this.#workers.push(worker);
    return worker;
  }
}
