import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const installWithinMs = 120_000;

/**
 * Packages of npm in exactly the versions of a lock file, fetched on first use and kept: what is measured beside this
 * project, and no part of it. Their install scripts do not run.
 * @param pinned folder with the package.json and package-lock.json
 * @param folder where they are kept; its node_modules holds them afterwards
 * @throws Error when they are not there and cannot be fetched
 */
export async function installPinned(pinned: string, folder: string): Promise<void> {
  if (isInstalled(pinned, folder)) return;
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(pinned, file), join(folder, file));
  // Without a network the answer should be a message soon, not npm's patience.
  const patience = ['--prefer-offline', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...patience];
  await promisify(execFile)('npm', args, { cwd: folder, timeout: installWithinMs });
}

function isInstalled(pinned: string, folder: string): boolean {
  const lock = join(folder, 'package-lock.json');
  return (
    existsSync(join(folder, 'node_modules/.package-lock.json')) &&
    existsSync(lock) &&
    readFileSync(lock).equals(readFileSync(join(pinned, 'package-lock.json')))
  );
}
