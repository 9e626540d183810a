import { forAPerson } from './for-a-person.ts';

/** Exit codes: a fault a person can mend, and what shells give a program ended by Ctrl-C. */
const faulty = 1;
const interrupted = 130;

/** A command that takes long, and may be stopped and gone on with. */
export interface InterruptibleCommand<Options> {
  readonly usage: string;
  /** @throws CommandError for what is wrong with the arguments */
  readonly parse: (args: readonly string[]) => Options | 'help';
  /** @returns what goes to standard output; undefined when it was stopped */
  readonly run: (options: Options, stop: AbortSignal) => Promise<string | undefined>;
  /** What does the rest, for the person who has stopped it. */
  readonly goingOn: string;
}

/** Runs a command with this process's arguments, and sets the exit code. */
export async function runInterruptible<Options>(command: InterruptibleCommand<Options>): Promise<void> {
  try {
    process.exitCode = await exitCodeOf(command);
  } catch (error) {
    console.error(forAPerson(error));
    process.exitCode = faulty;
  }
}

async function exitCodeOf<Options>({
  usage,
  parse,
  run,
  goingOn,
}: InterruptibleCommand<Options>): Promise<number> {
  const options = parse(process.argv.slice(2));
  const text = options === 'help' ? usage : await run(options, stopAsked());
  if (text === undefined) process.stderr.write(`stopped; ${goingOn}\n`);
  else process.stdout.write(text);
  return text === undefined ? interrupted : 0;
}

/** Listens on after the first signal: npm passes on one that the terminal has sent already. */
function stopAsked(): AbortSignal {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => asked.abort());
  return asked.signal;
}
