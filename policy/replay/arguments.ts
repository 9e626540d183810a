import { parseArgs } from 'node:util';
import { type RequestClass, requestClasses } from '../../src/routing/catalogue.ts';
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
type Values = Partial<Record<Flag, string | boolean>>;

/**
 * The command line as options, or `help`.
 * @throws ReplayError naming the flag at fault and its value
 */
export function parseArguments(args: readonly string[], env: Environment): ReplayOptions | 'help' {
  const values = readFlags(args);
  if (values.help) return 'help';
  return {
    source: sourceOf(values),
    tasks: tasksOf(values),
    class: choiceOf(values, 'class', requestClasses),
    seed: numberOf(values, 'seed', { least: 0, most: 2 ** 32 - 1, whole: true }) ?? 1,
    url: urlOf(values, env),
    out: textOf(values, 'out') ?? 'out/replay',
    json: values.json === true,
  };
}

function readFlags(args: readonly string[]): Values {
  const { tokens } = parseArgs({ args: joined(args), options: flags, strict: false, tokens: true });
  const values: Values = {};
  for (const token of tokens) {
    if (token.kind === 'positional')
      throw new ReplayError(`unexpected argument "${token.value}"; every value follows a flag, see --help`);
    if (token.kind === 'option') readFlag(token, values);
  }
  return values;
}

function readFlag(
  token: { name: string; rawName: string; value?: string | undefined },
  values: Values,
): void {
  const { name, rawName, value } = token;
  if (!isFlag(name))
    throw new ReplayError(`${rawName}: no such flag; known: ${Object.keys(flags).map(asFlag).join(', ')}`);
  if (values[name] !== undefined) throw new ReplayError(`--${name}: given twice`);
  if (flags[name].type === 'boolean' && value !== undefined)
    throw new ReplayError(`--${name}: takes no value, got "${value}"`);
  if (flags[name].type === 'string' && (value === undefined || value === ''))
    throw new ReplayError(`--${name}: needs a value`);
  values[name] = value ?? true;
}

/**
 * Ties each flag to its value: `--rate -5` becomes `--rate=-5`. The parser would take a value that begins with a dash
 * for a flag, and the flag after a forgotten value for the value.
 */
function joined(args: readonly string[]): string[] {
  const result: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    const name = arg.slice(2);
    if (arg.startsWith('--') && isFlag(name) && flags[name].type === 'string') {
      const next = args[index + 1];
      const hasValue = next !== undefined && !next.startsWith('--');
      result.push(`${arg}=${hasValue ? next : ''}`);
      if (hasValue) index++;
    } else result.push(arg);
  }
  return result;
}

function sourceOf(values: Values): Source {
  const file = textOf(values, 'trace');
  refuseFlagsOfTheOtherSource(values);
  const durationS = numberOf(values, 'duration', { above: 0, most: 366 * 86_400 });
  const durationMs = durationS === undefined ? undefined : durationS * 1000;
  if (file !== undefined) {
    const speed = numberOf(values, 'speed', { above: 0, most: 1e6 }) ?? defaultSpeed;
    return { kind: 'trace', file, speed, durationMs };
  }
  return {
    kind: 'generated',
    name: choiceOf(values, 'workload', workloadNames) ?? 'surge',
    ratePerSecond: numberOf(values, 'rate', { above: 0, most: 1e5 }) ?? defaultRate,
    durationMs: durationMs ?? defaultDurationMs,
  };
}

function refuseFlagsOfTheOtherSource(values: Values): void {
  const isTrace = values.trace !== undefined;
  const others: readonly Flag[] = isTrace ? ['workload', 'rate'] : ['speed'];
  const why = isTrace ? 'not together with --trace' : 'only with --trace, which has a recorded speed';
  for (const flag of others)
    if (values[flag] !== undefined) throw new ReplayError(`--${flag}: ${why}; got "${values[flag]}"`);
}

function tasksOf(values: Values): string[] {
  const text = textOf(values, 'task');
  if (text === undefined) return [];
  const tasks = text.split(',').map((task) => task.trim());
  // A task travels in a header; anything else could not be sent.
  const bad = tasks.find((task) => !/^[\w.-]{1,64}$/.test(task));
  if (bad !== undefined)
    throw new ReplayError(`--task: expected names of tasks separated by commas, got "${text}"`);
  return tasks;
}

function urlOf(values: Values, env: Environment): string {
  const text = textOf(values, 'url') ?? `http://127.0.0.1:${env.PORT ?? 8787}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new ReplayError(
      `${values.url === undefined ? 'PORT' : '--url'}: expected an address such as http://127.0.0.1:8787, got "${text}"`,
    );
  return url.origin;
}

interface Bounds {
  readonly above?: number;
  readonly least?: number;
  readonly most: number;
  readonly whole?: boolean;
}

function numberOf(values: Values, flag: Flag, bounds: Bounds): number | undefined {
  const text = textOf(values, flag);
  if (text === undefined) return undefined;
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const { above = -1, least = above, most, whole = false } = bounds;
  if (value >= least && value > above && value <= most && (!whole || Number.isInteger(value))) return value;
  const range =
    bounds.above === undefined ? `from ${least} to ${most}` : `above ${above} and at most ${most}`;
  throw new ReplayError(`--${flag}: expected a ${whole ? 'whole ' : ''}number ${range}, got "${text}"`);
}

function choiceOf<T extends string>(values: Values, flag: Flag, choices: readonly T[]): T | undefined {
  const text = textOf(values, flag);
  if (text === undefined) return undefined;
  const choice = choices.find((known) => known === text);
  if (choice === undefined)
    throw new ReplayError(`--${flag}: expected one of ${choices.join(', ')}, got "${text}"`);
  return choice;
}

function textOf(values: Values, flag: Flag): string | undefined {
  const value = values[flag];
  return typeof value === 'string' ? value : undefined;
}

function isFlag(name: string): name is Flag {
  return Object.hasOwn(flags, name);
}

function asFlag(name: string): string {
  return `--${name}`;
}
