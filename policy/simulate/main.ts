import { forAPerson } from '../command-line/for-a-person.ts';
import { formatCount } from '../report/format.ts';
import { parseArguments, usage } from './arguments.ts';
import { simulate } from './simulate.ts';
import { simulationReport } from './summary-table.ts';

const clock = (): number => performance.now();
const progressEveryMs = 200;

/** What this process has had of the cores, its compiler and garbage collector among it: others' work does not count. */
function cpuClock(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function main(): void {
  const options = parseArguments(process.argv.slice(2));
  if (options === 'help') return void process.stdout.write(usage);
  const simulation = simulate(options, { cpuClock, progress });
  process.stdout.write(
    options.json ? `${JSON.stringify(simulation.summary, null, 2)}\n` : simulationReport(simulation),
  );
}

/** Says on stderr how far a simulation is that takes longer than a moment. */
function progress(requests: number): (submitted: number) => void {
  let saidMs = clock();
  return (submitted) => {
    if (clock() - saidMs < progressEveryMs) return;
    saidMs = clock();
    process.stderr.write(`simulated ${formatCount(submitted)} of ${formatCount(requests)} requests\n`);
  };
}

try {
  main();
} catch (error) {
  console.error(forAPerson(error));
  process.exitCode = 1;
}
