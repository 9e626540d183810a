import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { installedPrograms } from '../../infra/provisioning/programs.ts';
import { dryRun } from '../../infra/synth/bundle.ts';

// Synthesis and bundling are computing, and machines differ.
const patienceMs = 180_000;

it(
  'npm run synth finds nothing wrong with any environment, and says what each costs and weighs',
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['infra/synth/main.ts']);
    expect(stdout).toMatch(/^staging +edge-only +0 +\d+–\d+$/m);
    expect(stdout).toMatch(/^staging +staging +[1-9]\d+ +\d+–\d+$/m);
    expect(stdout).toMatch(/^production +production +[1-9]\d+ +\d+–\d+$/m);
    // Who serves clients carries no onnxruntime-web, which is 13 MiB.
    const mebibytes = { local: '1\\d', staging: '[12]', production: '[12]' };
    for (const [worker, whole] of Object.entries(mebibytes))
      expect(stdout).toMatch(new RegExp(`^${worker} +${whole}\\.\\d\\d MiB +\\d+\\.\\d\\d MiB$`, 'm'));
  },
  patienceMs,
);

it(
  'a dry run passes on wrangler’s words about what is wrong',
  async () => {
    await expect(dryRun('no-such-environment', installedPrograms())).rejects.toThrow(/no-such-environment/);
  },
  patienceMs,
);
