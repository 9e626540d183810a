import { setTimeout } from 'node:timers/promises';
import { seededRandom } from '../../src/platform/random.ts';
import type { WorkloadRequest } from '../workloads/request.ts';
import type { ReplayOptions } from './arguments.ts';
import { ChatClient } from './chat-client.ts';
import { Gateway, termsByTask } from './gateway.ts';
import { type Plan, preparePlan } from './plan.ts';
import { Progress, type ProgressSink } from './progress.ts';
import { Recorder } from './recorder.ts';
import { prepareFolder, writeFiles } from './report.ts';
import { runReplay } from './run.ts';
import { summarize } from './summary.ts';
import { summaryTable } from './summary-table.ts';
import type { TaskTerms } from './terms.ts';
import { warnings } from './warnings.ts';

/** The process the replay runs in. */
export interface Surroundings {
  /** Gets the report and nothing else. */
  readonly stdout: { write(text: string): unknown };
  /** Gets progress and warnings. */
  readonly stderr: ProgressSink;
  readonly apiKey: string | undefined;
  /** Ends the replay early; what was seen until then is reported. */
  readonly signal: AbortSignal;
  /** Starts a gateway of one's own at the address, where nobody listens. Rejects with the signal's reason once it aborts. */
  readonly startGateway: (url: string, signal: AbortSignal) => Promise<RunningGateway>;
}

export interface RunningGateway {
  readonly url: string;
  stop(): Promise<void>;
}

const clock = () => performance.now();

/**
 * The whole command: plans, finds or starts the gateway, replays, reports.
 * @throws ReplayError, CsvError for what a person has to mend; the signal's reason when it aborts before anything was sent
 */
export async function replay(options: ReplayOptions, surroundings: Surroundings): Promise<void> {
  const plan = preparePlan(options);
  await prepareFolder(options.out);
  const started = await startIfNeeded(options.url, surroundings);
  try {
    await replayThrough(started?.url ?? options.url, plan, options, surroundings);
  } finally {
    await started?.stop();
  }
}

async function startIfNeeded(url: string, surroundings: Surroundings): Promise<RunningGateway | undefined> {
  if (await new Gateway(url, surroundings.apiKey).isListening()) return undefined;
  surroundings.stderr.write(`nothing listens at ${url}: starting a gateway there\n`);
  return surroundings.startGateway(url, surroundings.signal);
}

async function replayThrough(
  url: string,
  plan: Plan,
  options: ReplayOptions,
  surroundings: Surroundings,
): Promise<void> {
  const gateway = new Gateway(url, surroundings.apiKey);
  const byDefault = await gateway.terms(undefined);
  const requests = plan(byDefault.task, seededRandom(options.seed));
  const terms = await termsByTask(gateway, new Set(requests.map((request) => request.task)));
  const recorder = new Recorder(terms);
  await sendAll(url, requests, recorder, surroundings);
  await report(recorder, requests.length, [...terms.values()], options, surroundings);
}

async function sendAll(
  url: string,
  requests: readonly WorkloadRequest[],
  recorder: Recorder,
  { apiKey, signal, stderr }: Surroundings,
): Promise<void> {
  const client = new ChatClient({ url, clock, apiKey });
  const progress = new Progress({
    sink: stderr,
    clock,
    planned: requests.length,
    lastArrivalMs: requests.at(-1)!.arrivalMs,
    counts: () => recorder.counts,
  });
  const wait = (ms: number) => setTimeout(ms, undefined, { signal }).catch(() => undefined);
  try {
    await runReplay({ requests, client, recorder, clock, wait, signal });
  } finally {
    progress.stop();
    client.close();
  }
}

async function report(
  recorder: Recorder,
  planned: number,
  terms: readonly TaskTerms[],
  options: ReplayOptions,
  { stdout, stderr }: Surroundings,
): Promise<void> {
  const { judged } = recorder;
  const summary = summarize(judged, planned);
  const written = await writeFiles(options.out, options.source, judged, summary, terms);
  for (const warning of warnings(judged, summary)) stderr.write(`warning: ${warning}\n`);
  if (options.json) stdout.write(`${JSON.stringify({ ...summary, ...written }, rounded, 2)}\n`);
  else stdout.write(`\n${summaryTable(judged)}\n\nchart    ${written.chart}\nrecords  ${written.records}\n`);
}

/** Numbers in the document to four decimals: beyond them is the clock's noise. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toFixed(4)) : value;
}
