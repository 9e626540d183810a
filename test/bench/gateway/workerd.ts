import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Bundle } from './bundle.ts';
import { Process } from './processes.ts';
import type { WorkerConfig } from './project-config.ts';

// wrangler brings workerd; whichever copy it would use is the one measured.
const fromWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler'));
const { default: workerd } = fromWrangler('workerd') as { default: string };

export interface RunningWorker {
  readonly process: Process;
  readonly port: number;
}

/** Runs a bundle on workerd alone: no wrangler, no Miniflare, nothing between the socket and the Worker. */
export async function startWorkerd(
  bundle: Bundle,
  config: WorkerConfig,
  variables: Readonly<Record<string, string>> = {},
): Promise<RunningWorker> {
  const file = join(bundle.folder, 'config.capnp');
  mkdirSync(join(bundle.folder, 'storage'), { recursive: true });
  writeFileSync(file, capnp(bundle, config, variables));
  const process = new Process({
    command: workerd,
    args: ['serve', ...(config.experimental ? ['--experimental'] : []), '--control-fd=3', file],
    cwd: bundle.folder,
  });
  const port = await process.until(listeningPort(process));
  return { process, port };
}

/** workerd writes a JSON line per socket once it listens, and by then every Worker's top level has run. */
async function listeningPort({ child }: Process): Promise<number> {
  // The descriptor was asked for as a pipe.
  const lines = createInterface({ input: child.stdio[3] as Readable });
  const [line] = (await once(lines, 'line')) as [string];
  lines.close();
  return (JSON.parse(line) as { port: number }).port;
}

/** The configuration in Cap'n Proto's text form; its strings are written as JSON's. */
function capnp(bundle: Bundle, config: WorkerConfig, variables: Readonly<Record<string, string>>): string {
  const bindings = [
    ...Object.entries(variables).map(([name, text]) => `(name = ${quote(name)}, text = ${quote(text)})`),
    ...config.durableObjects.map(
      ({ binding, className }) => `(name = ${quote(binding)}, durableObjectNamespace = ${quote(className)})`,
    ),
    ...(config.entrypoints ?? []).map(
      ({ binding, className }) =>
        `(name = ${quote(binding)}, service = (name = "main", entrypoint = ${quote(className)}))`,
    ),
  ];
  const namespaces = config.durableObjects.map(
    ({ className }) => `(className = ${quote(className)}, uniqueKey = ${quote(className)}, enableSql = true)`,
  );
  const storage = namespaces.length === 0 ? '' : 'durableObjectStorage = (localDisk = "storage"),';
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${bundle.modules.map(module).join(', ')}],
      compatibilityDate = ${quote(config.compatibilityDate)},
      compatibilityFlags = [${config.compatibilityFlags.map(quote).join(', ')}],
      bindings = [${bindings.join(', ')}],
      durableObjectNamespaces = [${namespaces.join(', ')}],
      ${storage}
      globalOutbound = "loopback",
    )),
    (name = "loopback", network = (allow = ["local"])),
    (name = "storage", disk = (path = "storage", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
}

function module(file: string): string {
  const kind = file.endsWith('.js') ? 'esModule' : file.endsWith('.wasm') ? 'wasm' : 'data';
  return `(name = ${quote(file)}, ${kind} = embed ${quote(file)})`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
