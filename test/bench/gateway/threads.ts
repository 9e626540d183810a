import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { LoadOrder, LoadReport } from './load.ts';

/** The upstream and the load generator run in threads of this process, which end with it whatever happens. */

export async function startUpstream(): Promise<{
  readonly port: number;
  readonly close: () => Promise<unknown>;
}> {
  const worker = new Worker(new URL('./upstream.ts', import.meta.url));
  const [port] = (await once(worker, 'message')) as [number];
  return { port, close: () => worker.terminate() };
}

export class LoadGenerator {
  readonly #worker = new Worker(new URL('./client.ts', import.meta.url));

  /** Carries out one order; one at a time. */
  async run(order: LoadOrder): Promise<LoadReport> {
    const answer = once(this.#worker, 'message') as Promise<[LoadReport]>;
    this.#worker.postMessage(order);
    const [report] = await answer;
    return report;
  }

  close(): Promise<unknown> {
    return this.#worker.terminate();
  }
}
