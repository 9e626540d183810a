import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { CommandError } from '../../../policy/command-line/command-error.ts';
import { serveAll } from '../../../policy/simulate/serve.ts';
import { summarise } from '../../../policy/simulate/summary.ts';
import type { RecordedRequest } from '../../../policy/workloads/request.ts';
import { readTrace } from '../../../policy/workloads/trace.ts';
import { InferenceLab, type Served, servedByInferenceLab } from './inference-lab.ts';
import { type Options, readOptions, usage } from './options.ts';
import { formatReport, type Report, type Told } from './report.ts';
import { type Contender, Rounds } from './rounds.ts';
import { serveStepByStep } from './step-by-step.ts';
import { server } from './work.ts';

const peer = 'inference-lab 0.2.1';
const own = 'this simulator';
const seed = 1;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') return void process.stdout.write(usage);
  const report = await measure(options);
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
}

async function measure(options: Options): Promise<Report> {
  const [loadAverage = 0] = loadavg();
  const missing: string[] = [];
  const beside = await besideThePeer(options, missing);
  const rounds = new Rounds([...beside.contenders, ...onTheTrace(options, missing)]);
  progress('warming up');
  rounds.warmUp();
  for (let round = 1; round <= options.rounds; round += 1) {
    progress(`round ${round} of ${options.rounds}`);
    rounds.measure(round);
  }
  return {
    rounds: options.rounds,
    loadAverage,
    figures: rounds.figures(),
    ...(beside.contenders.length > 0 && { ratio: rounds.ratio(peer, own) }),
    told: beside.told,
    missing,
  };
}

interface Beside {
  readonly contenders: readonly Contender[];
  readonly told: Readonly<Record<string, Told>>;
}

/** The package, and this simulator on the very requests that the package drew. Neither when it cannot be had. */
async function besideThePeer({ requests: count }: Options, missing: string[]): Promise<Beside> {
  try {
    progress('fetching inference-lab (once)');
    const lab = await InferenceLab.load();
    const drawn = servedByInferenceLab(lab.run(count, seed));
    const run = () => serveAll(server, drawn.requests);
    return {
      contenders: [
        { name: peer, requests: count, run: () => lab.run(count, seed) },
        contender(own, drawn.requests, serveAll),
        contender(`${own}, step by step`, drawn.requests, serveStepByStep),
      ],
      told: { [peer]: toldOf(drawn), [own]: toldOf({ ...drawn, times: run() }) },
    };
  } catch (error) {
    missing.push(`inference-lab could not be measured beside it: ${messageOf(error)}`);
    return { contenders: [], told: {} };
  }
}

function onTheTrace({ trace }: Options, missing: string[]): Contender[] {
  if (existsSync(trace)) return [contender(`${own}, the recorded trace`, readTrace(trace), serveAll)];
  missing.push(`the recorded trace was not measured: no file ${trace}`);
  return [];
}

/** Serving, and the means and quantiles of it: the package's runs bring theirs too. */
function contender(name: string, requests: readonly RecordedRequest[], serve: typeof serveAll): Contender {
  return { name, requests: requests.length, run: () => summarise(requests, serve(server, requests), 1) };
}

function toldOf({ requests, times }: Served): Told {
  const { ttftMs, tpotMs, e2eMs } = summarise(requests, times, 1);
  return { ttftMs, tpotMs, e2eMs };
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof CommandError ? error.message : error);
  process.exitCode = 1;
}
