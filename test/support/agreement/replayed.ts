import { setTimeout as pause } from 'node:timers/promises';
import { parseChatRequest, promptCharacters } from '../../../infra/local/generation/chat-request.ts';
import { tokensOf } from '../../../infra/local/generation/tokens.ts';
import type { RequestRecord } from '../../../infra/local/request-log.ts';
import { ChatClient } from '../../../policy/replay/chat-client.ts';
import { Gateway, termsByTask } from '../../../policy/replay/gateway.ts';
import { type Judged, Recorder } from '../../../policy/replay/recorder.ts';
import { runReplay } from '../../../policy/replay/run.ts';
import type { WorkloadRequest } from '../../../policy/workloads/request.ts';
import type { RecordedDecision } from './recording.ts';
import type { RecordingGateway } from './recording-gateway.ts';
import { byPrompt, type Served, type Times } from './served.ts';

/** What became of requests that went through the real gateway. */
export interface Replayed {
  /** As they were sent, and as long as they turned out to be: what a simulation of the same has to be given. */
  readonly requests: readonly WorkloadRequest[];
  readonly served: ReadonlyMap<number, Served>;
  readonly decisions: ReadonlyMap<number, RecordedDecision>;
  /** What its first token took beyond its time at the GPU, in the mean: client, gateway, ledger, and HTTP between them. */
  readonly wayMs: number;
  /** The gateway's own share of that, in the mean, by its own clock. */
  readonly gatewayMs: number;
}

const clock = () => performance.now();

/** Replays requests as `npm run replay` does. @throws Error when one was not answered in full */
export async function replayThrough(
  gateway: RecordingGateway,
  requests: readonly WorkloadRequest[],
): Promise<Replayed> {
  const tasks = new Set(requests.map(({ task }) => task));
  const recorder = new Recorder(await termsByTask(new Gateway(gateway.url, undefined), tasks));
  await gateway.warmUp();
  const client = new ChatClient({ url: gateway.url, clock });
  const { signal } = new AbortController();
  const wait = (ms: number) => pause(ms);
  await runReplay({ requests, client, recorder, clock, wait, signal });
  client.close();
  const { decisions, heads } = await gateway.recording();
  const { records } = gateway.fleet.requests;
  if (records.length !== requests.length)
    throw new Error(`the fleet remembers ${records.length} of ${requests.length} requests`);
  const sent = recorder.judged.toSorted((a, b) => a.sentAtMs - b.sentAtMs);
  const atGpus = new Map(records.map((record) => [promptTokensOf(record), timesAtGpu(record)]));
  const served = sent.map((judged) => servedOf(judged, atGpus));
  return {
    requests: sent.map(asSent),
    served: byPrompt(served),
    decisions: new Map(decisions.map((decision) => [decision.observation.request.promptTokens, decision])),
    wayMs: mean(served.map(({ ttftMs, atGpu }) => ttftMs - atGpu.ttftMs)),
    gatewayMs: mean(heads.map(({ serverTiming }) => Number(/^gateway;dur=([\d.]+)/.exec(serverTiming)?.[1]))),
  };
}

function promptTokensOf({ body }: RequestRecord): number {
  return tokensOf(promptCharacters(parseChatRequest(body)));
}

function timesAtGpu({ queuedAtMs, firstTokenAtMs, lastTokenAtMs }: RequestRecord): Times {
  if (queuedAtMs === undefined || firstTokenAtMs === undefined || lastTokenAtMs === undefined)
    throw new Error('a request without a token');
  return { ttftMs: firstTokenAtMs - queuedAtMs, e2eMs: lastTokenAtMs - queuedAtMs };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function asSent(judged: Judged): WorkloadRequest {
  const { request, sentAtMs } = judged;
  const { promptTokens, outputTokens } = answerTo(judged);
  if (promptTokens === undefined) throw new Error('an answer without usage');
  return { arrivalMs: sentAtMs, promptTokens, outputTokens, task: request.task };
}

function servedOf(judged: Judged, atGpus: ReadonlyMap<number, Times>): Served {
  const { promptTokens = 0, ttftMs, e2eMs } = answerTo(judged);
  const atGpu = atGpus.get(promptTokens);
  if (atGpu === undefined) throw new Error(`no prompt of ${promptTokens} tokens reached the fleet`);
  return { promptTokens, variant: judged.route.variant ?? '', ttftMs, e2eMs, onTime: judged.onTime, atGpu };
}

function answerTo({ outcome, request }: Judged) {
  if (outcome.kind === 'answered') return outcome;
  throw new Error(`a prompt of ${request.promptTokens} tokens was not answered: ${JSON.stringify(outcome)}`);
}
