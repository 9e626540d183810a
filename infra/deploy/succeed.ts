import { CommandError } from '../../policy/command-line/command-error.ts';
import type { Run, RunOptions } from './programs.ts';

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
  const { code, stdout, stderr } = await run(args, options);
  if (code === 0) return stdout;
  throw new CommandError(`${name} ${args[0]} ${args[1] ?? ''} failed:\n${(stderr || stdout).trim()}`);
}
