import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, parse } from 'node:path';
import { gzipSync } from 'node:zlib';
import { emptyFolder, keptFolder, root } from './places.ts';
import { Process } from './processes.ts';

/** A Worker as it would be uploaded: its modules in one folder. */
export interface Bundle {
  readonly name: string;
  readonly folder: string;
  /** File names, the main module first. */
  readonly modules: readonly string[];
  readonly bytes: number;
  readonly gzipBytes: number;
}

const wrangler = createRequire(import.meta.url).resolve('wrangler');

/**
 * Bundles a Worker exactly as a deployment would, without deploying it.
 * @param entry its main module; absent: the project's own
 * @param defines constants other than those of the project's configuration
 */
export async function bundleProject(
  name: string,
  entry?: string,
  defines: Readonly<Record<string, string>> = {},
): Promise<Bundle> {
  const instead = Object.entries(defines).flatMap(([constant, value]) => [
    '--define',
    `${constant}:${value}`,
  ]);
  return await bundle(name, entry, [...(entry === undefined ? [] : [entry]), '--env=', ...instead]);
}

/** Bundles another Worker as the project's own is, but with none of its bindings. */
export async function bundleWorker(name: string, entry: string, compatibilityDate: string): Promise<Bundle> {
  const config = join(emptyFolder(`${name}-config`), 'wrangler.json');
  writeFileSync(
    config,
    JSON.stringify({ name, main: entry, compatibility_date: compatibilityDate, keep_names: false }),
  );
  return await bundle(name, entry, ['--config', config]);
}

async function bundle(name: string, entry: string | undefined, args: readonly string[]): Promise<Bundle> {
  const folder = emptyFolder(name);
  const program = join(wrangler, '../../bin/wrangler.js');
  await new Process({
    command: process.execPath,
    args: [program, 'deploy', '--dry-run', '--outdir', folder, ...args],
    cwd: root,
    env: {
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_LOG_PATH: keptFolder('logs'),
    },
  }).succeed(60_000);
  const modules = readdirSync(folder).filter((file) => /\.(js|wasm|bin|onnx)$/.test(file));
  const main = `${entry === undefined ? 'index' : parse(entry).name}.js`;
  const contents = modules.map((file) => readFileSync(join(folder, file)));
  return {
    name,
    folder,
    modules: modules.toSorted((a, b) => Number(b === main) - Number(a === main)),
    bytes: sum(contents.map(({ byteLength }) => byteLength)),
    gzipBytes: sum(contents.map((content) => gzipSync(content).byteLength)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
