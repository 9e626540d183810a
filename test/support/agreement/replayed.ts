import { setTimeout as pause } from 'node:timers/promises';
import { ChatClient } from '../../../policy/replay/chat-client.ts';
import { Gateway, termsByTask } from '../../../policy/replay/gateway.ts';
import { type Judged, Recorder } from '../../../policy/replay/recorder.ts';
import { runReplay } from '../../../policy/replay/run.ts';
import type { WorkloadRequest } from '../../../policy/workloads/request.ts';
import type { RecordedDecision } from './recording.ts';
import type { RecordingGateway } from './recording-gateway.ts';
import { byPrompt, type Served } from './served.ts';

/** What became of requests that went through the real gateway. */
export interface Replayed {
  /** As they were sent, and as long as they turned out to be: what a simulation of the same has to be given. */
  readonly requests: readonly WorkloadRequest[];
  readonly served: ReadonlyMap<number, Served>;
  readonly decisions: ReadonlyMap<number, RecordedDecision>;
  /** Per answer, the gateway's own share of the time to the first byte by its own clock, which counts whole ms. */
  readonly gatewayMs: readonly number[];
}

const clock = () => performance.now();

/** Replays requests as `npm run replay` does. @throws Error when one was not answered in full */
export async function replayThrough(
  gateway: RecordingGateway,
  requests: readonly WorkloadRequest[],
): Promise<Replayed> {
  const tasks = new Set(requests.map(({ task }) => task));
  const recorder = new Recorder(await termsByTask(new Gateway(gateway.url, undefined), tasks));
  await gateway.recording();
  const client = new ChatClient({ url: gateway.url, clock });
  const { signal } = new AbortController();
  const wait = (ms: number) => pause(ms);
  await runReplay({ requests, client, recorder, clock, wait, signal });
  client.close();
  const { decisions, heads } = await gateway.recording();
  const sent = recorder.judged.toSorted((a, b) => a.sentAtMs - b.sentAtMs);
  return {
    requests: sent.map(asSent),
    served: byPrompt(sent.map(servedOf)),
    decisions: new Map(decisions.map((decision) => [decision.observation.request.promptTokens, decision])),
    gatewayMs: heads.map(({ serverTiming }) => Number(/^gateway;dur=([\d.]+)/.exec(serverTiming)?.[1])),
  };
}

function asSent(judged: Judged): WorkloadRequest {
  const { request, sentAtMs } = judged;
  const { promptTokens, outputTokens } = answerTo(judged);
  if (promptTokens === undefined) throw new Error('an answer without usage');
  return { arrivalMs: sentAtMs, promptTokens, outputTokens, task: request.task };
}

function servedOf(judged: Judged): Served {
  const { promptTokens = 0, ttftMs, e2eMs } = answerTo(judged);
  return { promptTokens, variant: judged.route.variant ?? '', ttftMs, e2eMs, onTime: judged.onTime };
}

function answerTo({ outcome, request }: Judged) {
  if (outcome.kind === 'answered') return outcome;
  throw new Error(`a prompt of ${request.promptTokens} tokens was not answered: ${JSON.stringify(outcome)}`);
}
