import { CommandError } from '../../policy/command-line/command-error.ts';
import { CsvError } from '../../policy/csv/csv-error.ts';
import { parseArguments, usage } from '../../policy/replay/arguments.ts';
import { replay } from '../../policy/replay/replay.ts';
import { startLocalGateway } from './replay-gateway.ts';

/** Exit codes: a fault a person can mend, and what shells give a program ended by Ctrl-C. */
const faulty = 1;
const interrupted = 130;

/** `npm run replay`: the replay, and a gateway of this machine for it when none listens. */
async function main(): Promise<number> {
  const options = parseArguments(process.argv.slice(2), process.env);
  if (options === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const ending = new AbortController();
  // Once: a second Ctrl-C, while the report is written, ends the process as usual.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  try {
    await replay(options, {
      stdout: process.stdout,
      stderr: process.stderr,
      apiKey: process.env.SLUICE_API_KEY,
      signal: ending.signal,
      startGateway: startLocalGateway,
    });
  } catch (error) {
    // Ended before there was anything to report.
    if (error !== ending.signal.reason) throw error;
  }
  return ending.signal.aborted ? interrupted : 0;
}

/** One sentence for what a person can mend, with its faults below where a trace has several; all there is otherwise. */
function forAPerson(error: unknown): unknown {
  if (error instanceof CommandError) return error.message;
  if (!(error instanceof CsvError)) return error;
  const { faults, message } = error;
  return faults.length === 1 ? `--trace: ${message}` : `--trace: ${faults.length} faults\n${message}`;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(forAPerson(error));
  process.exitCode = faulty;
}
