import type { Bundle } from './bundle.ts';
import { cpuMs, residentMiB } from './processes.ts';
import type { WorkerConfig } from './project-config.ts';
import { median } from './statistics.ts';
import { startWorkerd } from './workerd.ts';

/** The platform's limits on a Worker. */
export const platformLimits = {
  /** Uncompressed, as wrangler 4.155 enforces it. */
  bundleBytes: 64 * 1_048_576,
  startUpCpuMs: 1_000,
} as const;

/** A Worker before its first request. */
export interface StartUp {
  readonly name: string;
  readonly bytes: number;
  readonly gzipBytes: number;
  /** CPU time of compiling it and running its top level: what workerd takes until it listens, beyond an empty Worker. */
  readonly cpuMs: number | undefined;
  readonly residentMiB: number | undefined;
}

export interface Startable {
  readonly bundle: Bundle;
  readonly config: WorkerConfig;
  readonly variables: Readonly<Record<string, string>>;
}

const starts = 7;

/** Starts every Worker and an empty one in turn, several times. */
export async function measureStartUps(
  workers: readonly Startable[],
  empty: Startable,
  progress: (stage: string, step: string) => void,
): Promise<readonly StartUp[]> {
  const cpu = new Map<Startable, (number | undefined)[]>();
  const resident = new Map<Startable, (number | undefined)[]>();
  for (let start = 1; start <= starts; start++)
    for (const worker of [empty, ...workers]) {
      progress('starting Workers', `${start} of ${starts}: ${worker.bundle.name}`);
      const { process } = await startWorkerd(worker.bundle, worker.config, worker.variables);
      append(cpu, worker, cpuMs(process.pid));
      append(resident, worker, residentMiB(process.pid));
      await process.end();
    }
  const baseMs = medianKnown(cpu.get(empty));
  return workers.map((worker) => {
    const { name, bytes, gzipBytes } = worker.bundle;
    const ownMs = medianKnown(cpu.get(worker));
    return {
      name,
      bytes,
      gzipBytes,
      cpuMs: ownMs === undefined || baseMs === undefined ? undefined : ownMs - baseMs,
      residentMiB: medianKnown(resident.get(worker)),
    };
  });
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function medianKnown(values: readonly (number | undefined)[] | undefined): number | undefined {
  const known = (values ?? []).filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}
