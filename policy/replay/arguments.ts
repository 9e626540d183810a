import { type RequestClass, requestClasses } from '../../src/routing/catalogue.ts';
import { Flags } from '../command-line/flags.ts';
import { type WorkloadName, workloadNames } from '../workloads/named.ts';
import { ReplayError } from './replay-error.ts';

/** Where the requests come from. `durationMs` is the length of the replay, not of what was recorded. */
export type Source =
  | {
      readonly kind: 'trace';
      readonly file: string;
      readonly speed: number;
      /** Absent: to the trace's end. */
      readonly durationMs: number | undefined;
    }
  | {
      readonly kind: 'generated';
      readonly name: WorkloadName;
      readonly ratePerSecond: number;
      readonly durationMs: number;
    };

export interface ReplayOptions {
  readonly source: Source;
  /** Tasks to spread the requests over, in equal shares. Empty: what the source and the gateway say. */
  readonly tasks: readonly string[];
  readonly class: RequestClass | undefined;
  readonly seed: number;
  readonly url: string;
  /** Folder the chart and the records are written to. */
  readonly out: string;
  readonly json: boolean;
}

/** Gentle enough for one machine that runs the gateway, the fleet and the client; long enough to see regimes change. */
const defaultRate = 4;
const defaultDurationMs = 60_000;
const defaultSpeed = 1;

export const usage = `Usage: npm run replay -- [--trace FILE] [options]

Sends a trace's requests, or a generated workload's, through the gateway at the times they were recorded at.

  --trace FILE      AzureLLMInferenceTrace_conv.csv or _code.csv, or any CSV with
                    arrival_ms,input_tokens,output_tokens
  --speed X         replay X times as fast as recorded (default ${defaultSpeed})
  --duration S      stop sending after S seconds of replay (default: the whole trace;
                    ${defaultDurationMs / 1000} for a generated workload)
  --workload NAME   without a trace: ${workloadNames.join(', ')} (default surge)
  --rate R          mean requests per second of the workload (default ${defaultRate})
  --seed N          seed of whatever is drawn (default 1)
  --task A,B        task of the requests; several share them equally
                    (default: the gateway's own for a trace, its tasks' family for a workload)
  --class NAME      ${requestClasses.join(', ')} (default: the task's own)
  --url URL         the gateway (default http://127.0.0.1:\${PORT:-8787}); started if nothing
                    listens there. SLUICE_API_KEY is sent as its key, if set
  --out DIR         where replay.svg and requests.jsonl go (default out/replay)
  --json            print one JSON document instead of the tables (npm adds two lines of its
                    own unless told "npm run --silent replay")
  --help            this text
`;

const flags = {
  trace: { type: 'string' },
  speed: { type: 'string' },
  duration: { type: 'string' },
  workload: { type: 'string' },
  rate: { type: 'string' },
  seed: { type: 'string' },
  task: { type: 'string' },
  class: { type: 'string' },
  url: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;
type Flag = keyof typeof flags;
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The command line as options, or `help`.
 * @throws CommandError naming the flag at fault and its value
 */
export function parseArguments(args: readonly string[], env: Environment): ReplayOptions | 'help' {
  const values = new Flags<Flag>(flags, args);
  if (values.has('help')) return 'help';
  return {
    source: sourceOf(values),
    tasks: tasksOf(values),
    class: values.choice('class', requestClasses),
    seed: values.number('seed', { least: 0, most: 2 ** 32 - 1, whole: true }) ?? 1,
    url: urlOf(values, env),
    out: values.text('out') ?? 'out/replay',
    json: values.has('json'),
  };
}

function sourceOf(values: Flags<Flag>): Source {
  const file = values.text('trace');
  refuseFlagsOfTheOtherSource(values);
  const durationS = values.number('duration', { above: 0, most: 366 * 86_400 });
  const durationMs = durationS === undefined ? undefined : durationS * 1000;
  if (file !== undefined) {
    const speed = values.number('speed', { above: 0, most: 1e6 }) ?? defaultSpeed;
    return { kind: 'trace', file, speed, durationMs };
  }
  return {
    kind: 'generated',
    name: values.choice('workload', workloadNames) ?? 'surge',
    ratePerSecond: values.number('rate', { above: 0, most: 1e5 }) ?? defaultRate,
    durationMs: durationMs ?? defaultDurationMs,
  };
}

function refuseFlagsOfTheOtherSource(values: Flags<Flag>): void {
  const isTrace = values.has('trace');
  const others: readonly Flag[] = isTrace ? ['workload', 'rate'] : ['speed'];
  const why = isTrace ? 'not together with --trace' : 'only with --trace, which has a recorded speed';
  for (const flag of others)
    if (values.has(flag)) throw new ReplayError(`--${flag}: ${why}; got "${values.text(flag)}"`);
}

function tasksOf(values: Flags<Flag>): string[] {
  const text = values.text('task');
  if (text === undefined) return [];
  const tasks = text.split(',').map((task) => task.trim());
  // A task travels in a header; anything else could not be sent.
  const bad = tasks.find((task) => !/^[\w.-]{1,64}$/.test(task));
  if (bad !== undefined)
    throw new ReplayError(`--task: expected names of tasks separated by commas, got "${text}"`);
  return tasks;
}

function urlOf(values: Flags<Flag>, env: Environment): string {
  const text = values.text('url') ?? `http://127.0.0.1:${env.PORT ?? 8787}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new ReplayError(
      `${values.has('url') ? '--url' : 'PORT'}: expected an address such as http://127.0.0.1:8787, got "${text}"`,
    );
  return url.origin;
}
