import type { Random } from '../../src/platform/random.ts';
import type { RequestClass } from '../../src/routing/catalogue.ts';
import { familyOf, type TaskFamily } from '../workloads/families.ts';
import { generate, withTasks } from '../workloads/generate.ts';
import { equalShares } from '../workloads/mix.ts';
import { namedWorkload } from '../workloads/named.ts';
import type { RecordedRequest, WorkloadRequest } from '../workloads/request.ts';
import { compressed, until } from '../workloads/reshape.ts';
import { readTrace } from '../workloads/trace.ts';
import type { Source } from './arguments.ts';
import { ReplayError } from './replay-error.ts';

/** Requests of one replay at most: what became of each is kept in memory until the report. */
const mostRequests = 1_000_000;

export interface PlanOptions {
  readonly source: Source;
  readonly tasks: readonly string[];
  readonly class: RequestClass | undefined;
}

/** Makes every request of the replay, in order, at the time it is to be sent, once the gateway's tasks are known. */
export type Plan = (defaultTask: string, random: Random) => WorkloadRequest[];

/**
 * Reads what has to be read, so that a bad trace is reported before anything is started.
 * @throws CsvError with the faults of the trace
 */
export function preparePlan(options: PlanOptions): Plan {
  const { source } = options;
  const recorded = source.kind === 'trace' ? readTrace(source.file) : [];
  return (defaultTask, random) => {
    const requests =
      source.kind === 'trace'
        ? fromTrace(source, recorded, tasksOr(options.tasks, defaultTask), random)
        : fromRecipe(source, profilesOf(options.tasks, defaultTask), random);
    return collected(requests, options.class);
  };
}

function fromTrace(
  source: Source & { kind: 'trace' },
  recorded: readonly RecordedRequest[],
  tasks: readonly string[],
  random: Random,
): Iterable<WorkloadRequest> {
  const all = withTasks(compressed(recorded, source.speed), equalShares(tasks), random);
  return source.durationMs === undefined ? all : until(all, source.durationMs);
}

function fromRecipe(
  source: Source & { kind: 'generated' },
  profiles: TaskFamily,
  random: Random,
): Iterable<WorkloadRequest> {
  const { name, durationMs, ratePerSecond } = source;
  return generate(namedWorkload({ name, profiles, durationMs, ratePerSecond }), random);
}

function collected(requests: Iterable<WorkloadRequest>, asked: RequestClass | undefined): WorkloadRequest[] {
  const all: WorkloadRequest[] = [];
  for (const request of requests) {
    if (all.length === mostRequests)
      throw new ReplayError(`--duration: the workload has more than ${mostRequests} requests; shorten it`);
    all.push(asked === undefined ? request : { ...request, class: asked });
  }
  if (all.length === 0) throw new ReplayError('--duration: ends before the first request arrives');
  return all;
}

function tasksOr(tasks: readonly string[], fallback: string): readonly string[] {
  return tasks.length > 0 ? tasks : [fallback];
}

/** The asked tasks, or all those that are scored together with the gateway's default. */
function profilesOf(tasks: readonly string[], defaultTask: string): TaskFamily {
  if (tasks.length === 0) return familyOf(defaultTask);
  return Object.fromEntries(tasks.map((task) => [task, familyOf(task)[task]!]));
}
