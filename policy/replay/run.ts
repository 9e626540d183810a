import type { Clock } from '../../src/platform/clock.ts';
import type { WorkloadRequest } from '../workloads/request.ts';
import type { ChatClient } from './chat-client.ts';
import { pace } from './pace.ts';
import { promptOf } from './prompt.ts';
import type { Recorder } from './recorder.ts';

export interface RunOptions {
  readonly requests: readonly WorkloadRequest[];
  readonly client: ChatClient;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly wait: (ms: number) => Promise<void>;
  /** Ends the run: nothing more is sent, and requests under way are given up and not recorded. */
  readonly signal: AbortSignal;
}

/** Sends every request at its time, open loop, and resolves when all have ended. */
export async function runReplay(options: RunOptions): Promise<void> {
  const { requests, client, recorder, clock, signal } = options;
  const beganMs = clock();
  const underWay = new Set<Promise<void>>();
  let index = 0;

  const exchange = async (request: WorkloadRequest, lagMs: number): Promise<void> => {
    const sentAtMs = clock() - beganMs;
    const prompt = promptOf(request.promptTokens, request.outputTokens, index++);
    recorder.sent();
    try {
      const reply = await client.send({ prompt, task: request.task, class: request.class }, signal);
      recorder.ended({ request, sentAtMs, lagMs, ...reply });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  };

  const start = (request: WorkloadRequest, lagMs: number): void => {
    const ended = exchange(request, lagMs).finally(() => underWay.delete(ended));
    underWay.add(ended);
  };

  await pace(requests, start, options);
  await Promise.all(underWay);
}
