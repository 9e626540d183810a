import { CommandError } from '../../policy/command-line/command-error.ts';
import type { Ended, Run, RunOptions } from './programs.ts';

/**
 * Runs a program that must succeed.
 * @returns what it printed
 * @throws CommandError with its own words; never with what it was given to read, which may be a secret
 */
export async function succeed(
  name: string,
  run: Run,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const ended = await run(args, options);
  if (ended.code === 0) return ended.stdout;
  throw failureOf(name, args, ended);
}

/** The error for a program that has failed, in its own words. */
export function failureOf(name: string, args: readonly string[], { stdout, stderr }: Ended): CommandError {
  return new CommandError(`${name} ${args[0]} ${args[1] ?? ''} failed:\n${(stderr || stdout).trim()}`);
}
