import type { Clock } from '../../src/platform/clock.ts';
import type { Environment } from '../desired-state/environment.ts';
import type { Programs } from './programs.ts';

/** What the steps of a deployment work with. */
export interface Context {
  readonly environment: Environment;
  /** Path of the deployment document. */
  readonly documentPath: string;
  readonly programs: Programs;
  /** The variables of the shell: where an operator's secrets come from. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof fetch;
  /** The wall clock. */
  readonly clock: Clock;
  readonly pause: (ms: number) => Promise<void>;
  /** A line for the person at the terminal. */
  readonly say: (line: string) => void;
}

export interface RotateOptions {
  /** Makes the old worthless without waiting until everybody has the new: somebody else knows it. */
  readonly atOnce: boolean;
}

/** AWS's region of an environment; undefined where nothing of it runs there. */
export function regionOf({ catalogue, document }: Environment): string | undefined {
  if (document.aws === undefined) return undefined;
  for (const { backend } of catalogue.endpoints) if (backend.kind === 'sagemaker') return backend.region;
  return undefined;
}

/** Whether a value is still the one of the example, which belongs to nobody (RFC 2606). */
export function isPlaceholder(address: string): boolean {
  return /(^|[.@])example\.(com|org|net)$/.test(address);
}
