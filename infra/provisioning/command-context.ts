import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandError } from '../../policy/command-line/command-error.ts';
import type { Flags } from '../../policy/command-line/flags.ts';
import { wallClock } from '../../src/platform/clock.ts';
import { documentPath, loadEnvironment } from '../desired-state/environment.ts';
import type { Context } from './context.ts';
import { installedPrograms } from './programs.ts';

/** Flags that every command of a deployment knows. */
export const commonFlags = {
  env: { type: 'string' },
  deployment: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/**
 * What a command works with, on this machine.
 * @throws CommandError or DeploymentError for what a person can mend
 */
export function contextFrom(flags: Flags<keyof typeof commonFlags>): Context {
  const name = flags.required('env');
  const given = flags.text('deployment');
  const path = given === undefined ? documentPath(name) : resolve(given);
  if (!existsSync(path))
    throw new CommandError(`no deployment document at ${path}; name one with --deployment, see --help`);
  return {
    environment: loadEnvironment(name, path),
    documentPath: path,
    programs: installedPrograms(),
    variables: process.env,
    fetch,
    clock: wallClock,
    pause: (ms) => pause(ms),
    say: console.log,
  };
}
