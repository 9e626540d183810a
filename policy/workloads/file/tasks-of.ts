import { paperTasks } from '../families.ts';
import { equalShares, fixedMix, mixPerPhase, redrawnMix, shiftingMix, type TaskMix } from '../mix.ts';
import { uniform } from '../variates.ts';
import { WorkloadError } from '../workload-error.ts';
import type { MixDocument, WorkloadDocument } from './document.ts';
import type { Source } from './source.ts';

/**
 * The tasks of a workload: those its file describes; otherwise those its mix names, those that were recorded, those
 * of the fleet, or the paper's, in this order.
 * @throws WorkloadError for a task that the file or the fleet does not know
 */
export function tasksOf(
  document: WorkloadDocument,
  source: Source,
  fleetTasks: readonly string[] | undefined,
  name: string,
): readonly string[] {
  const named = Object.entries(namedTasks(document, source));
  const own = document.tasks && Object.keys(document.tasks);
  const tasks = own ?? (named.length > 0 ? named.map(([task]) => task) : undefined);
  const faults = [
    ...(own ? unknownTasks(named, own, 'tasks', name) : []),
    ...(fleetTasks
      ? unknownTasks(own?.map((task) => [task, 'tasks']) ?? named, fleetTasks, 'the fleet', name)
      : []),
  ];
  if (faults.length > 0) throw new WorkloadError(faults);
  return tasks ?? fleetTasks ?? Object.keys(paperTasks);
}

/** Every task that arrivals or the mix speak of, with the field that does. */
function namedTasks({ mix }: WorkloadDocument, source: Source): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const task of source.tasks) fields[task] ??= 'arrivals.file';
  if (mix?.kind === 'fixed') for (const task of Object.keys(mix.shares)) fields[task] ??= 'mix.shares';
  if (mix?.kind === 'shift')
    for (const [index, { shares }] of mix.points.entries())
      for (const task of Object.keys(shares)) fields[task] ??= `mix.points[${index}].shares`;
  return fields;
}

function unknownTasks(
  named: readonly (readonly [task: string, field: string])[],
  known: readonly string[],
  where: string,
  name: string,
): string[] {
  return named
    .filter(([task]) => !known.includes(task))
    .map(([task, field]) => `${name}: ${field}: received task "${task}", ${where} has ${known.join(', ')}`);
}

/** The mix a document describes, over the workload's tasks. */
export function mixOf(mix: MixDocument | undefined, tasks: readonly string[]): TaskMix {
  switch (mix?.kind) {
    case undefined:
    case 'equal':
      return fixedMix(equalShares(tasks));
    case 'fixed':
      return fixedMix(mix.shares);
    case 'redrawn':
      return mix.everyS === undefined
        ? mixPerPhase(tasks)
        : redrawnMix(tasks, uniform(mix.everyS.from * 1000, mix.everyS.to * 1000));
    case 'shift':
      return shiftingMix(mix.points.map(({ atS, shares }) => ({ atMs: atS * 1000, shares })));
  }
}
