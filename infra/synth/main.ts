import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Flags } from '../../policy/command-line/flags.ts';
import { renderTable } from '../../policy/report/table.ts';
import { createApp } from '../aws/create-app.ts';
import { estimate, total } from '../cost/estimate.ts';
import { documentPath, type Environment, loadEnvironment } from '../desired-state/environment.ts';
import { installedPrograms } from '../provisioning/programs.ts';
import { runCommand } from '../provisioning/run-command.ts';
import { dryRun } from './bundle.ts';

const help = `Checks all that can be known of a deployment without an account or a network: that catalogues, deployment documents
and wrangler.toml agree, the templates of CloudFormation with cdk-nag, and the Workers as they would be uploaded. Says
what each environment costs and what each Worker weighs.

  npm run synth`;

const flagKinds = { help: { type: 'boolean' } } as const;

/** What is synthesized: every environment with its own document, and the one without AWS. */
const deployments = [
  { environment: 'staging', document: 'edge-only' },
  { environment: 'staging', document: 'staging' },
  { environment: 'production', document: 'production' },
] as const;

const workers = ['local', 'staging', 'production'] as const;

/** `npm run synth`: everything that can be known of a deployment without an account or a network. */
async function main(): Promise<void> {
  if (new Flags<keyof typeof flagKinds>(flagKinds, process.argv.slice(2)).has('help'))
    return console.log(help);
  console.log(
    renderTable(
      [
        { heading: 'environment', align: 'left' },
        { heading: 'document', align: 'left' },
        { heading: 'AWS resources', align: 'right' },
        { heading: 'dollars a month', align: 'right' },
      ],
      deployments.map(({ environment, document }) => {
        const loaded = loadEnvironment(environment, documentPath(document));
        const { least, most } = total(estimate(loaded));
        return [environment, document, String(resourcesOf(loaded)), `${least.toFixed(0)}–${most.toFixed(0)}`];
      }),
    ),
  );
  const rows: string[][] = [];
  for (const environment of workers) {
    const { bytes, gzipBytes } = await dryRun(environment, installedPrograms());
    rows.push([environment, mebibytes(bytes), mebibytes(gzipBytes)]);
  }
  console.log(
    `\n${renderTable(
      [
        { heading: 'Worker', align: 'left' },
        { heading: 'bundle', align: 'right' },
        { heading: 'compressed', align: 'right' },
      ],
      rows,
    )}`,
  );
}

function resourcesOf(environment: Environment): number {
  const outdir = mkdtempSync(join(tmpdir(), 'sluice-synth-'));
  try {
    const { stacks } = createApp(environment, { outdir }).synth();
    return stacks.reduce((sum, { template }) => sum + Object.keys(template.Resources).length, 0);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(2)} MiB`;
}

await runCommand(main);
