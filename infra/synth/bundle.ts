import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DeploymentError } from '../desired-state/deployment-error.ts';
import type { Programs } from '../provisioning/programs.ts';

/** A Worker as it would be uploaded, in bytes. */
export interface Bundle {
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** What Cloudflare takes: developers.cloudflare.com/workers/platform/limits, 64 MiB. */
export const bundleLimitBytes = 64 * 1024 * 1024;

/**
 * Builds an environment's Worker and has wrangler check its settings, without an account and without uploading it.
 * @throws DeploymentError with wrangler's words when it finds a fault, or when the bundle is too large
 */
export async function dryRun(environment: string, { wrangler }: Pick<Programs, 'wrangler'>): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
  try {
    const { code, stdout, stderr } = await wrangler(
      ['deploy', '--env', environment, '--dry-run', '--outdir', folder],
      { env: { WRANGLER_LOG_PATH: folder } },
    );
    if (code !== 0)
      throw new DeploymentError(`wrangler deploy --dry-run --env ${environment}`, [stderr || stdout]);
    return measured(environment, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measured(environment: string, folder: string): Bundle {
  const modules = readdirSync(folder)
    .filter((file) => !/\.(map|log|md)$/.test(file))
    .map((file) => readFileSync(join(folder, file)));
  const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
  const bundle = {
    bytes: sum(modules.map(({ byteLength }) => byteLength)),
    gzipBytes: sum(modules.map((module) => gzipSync(module).byteLength)),
  };
  if (bundle.bytes === 0) throw new DeploymentError(`the bundle of ${environment}`, ['it is empty']);
  if (bundle.bytes > bundleLimitBytes)
    throw new DeploymentError(`the bundle of ${environment}`, [
      `${bundle.bytes} bytes, and Cloudflare takes ${bundleLimitBytes}`,
    ]);
  return bundle;
}
