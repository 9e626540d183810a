import { loadavg } from 'node:os';
import { forAPerson } from '../../../policy/command-line/for-a-person.ts';
import { endAllProcesses } from '../gateway/processes.ts';
import { readProjectConfig } from '../gateway/project-config.ts';
import { measureDecisions } from './decisions.ts';
import { bundleGateways, measureGateways, measureStarts } from './gateways.ts';
import { readOptions, usage } from './options.ts';
import { formatReport, type Report } from './report.ts';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') return void process.stdout.write(usage);
  const [loadAverage = 0] = loadavg();
  progress('bundling');
  const config = readProjectConfig();
  const bundles = await bundleGateways();
  const report: Report = {
    rounds: options.rounds,
    loadAverage,
    decisions: await measureDecisions(config, options.rounds, progress),
    gateways: await measureGateways(bundles, config, options, progress),
    starts: await measureStarts(bundles, config, progress),
  };
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
}

let shown = '';

/** A line per stage. */
function progress(stage: string): void {
  if (stage !== shown) process.stderr.write(`${stage}\n`);
  shown = stage;
}

try {
  await main();
} catch (error) {
  console.error(forAPerson(error));
  process.exitCode = 1;
} finally {
  endAllProcesses();
}
