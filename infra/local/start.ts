import { once } from 'node:events';
import { fleetNames, isFleetName } from './fleets.ts';
import { orphaned } from './orphaned.ts';
import { type Local, type LocalOptions, startLocal } from './start-local.ts';

/** Variables of the Worker that may be set from the shell. */
const passedOn = [
  'CATALOGUE',
  'SCORER',
  'RECORDS',
  'ACCESS',
  'ADMIN_TOKEN_HASH',
  'SHARED_LIMITS',
  'CORS_ORIGINS',
];

/** Further ones that a catalogue of one's own may need. The bundled ones are served with the fleet's credentials. */
const awsVariables = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

/** `npm start`: the gateway and its fleet, until Ctrl-C. */
async function main(stopAsked: AbortSignal): Promise<void> {
  const local = await startLocal({ ...optionsFrom(process.env), signal: stopAsked });
  console.log(welcome(local));
  const crash = await Promise.race([local.crashed(), aborted(stopAsked)]);
  await local.stop();
  if (crash !== undefined) throw new Error(crash);
}

/** @throws Error with a sentence that names the variable and what it holds. */
function optionsFrom(environment: NodeJS.ProcessEnv): LocalOptions {
  const { PORT: port = '8787', FLEET: fleet = 'chat' } = environment;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new Error(`PORT has to be a number from 0 to 65535, and is "${port}".`);
  if (!isFleetName(fleet))
    throw new Error(`FLEET has to be one of ${fleetNames.join(', ')}, and is "${fleet}".`);
  return { port: Number(port), fleet, variables: variablesFrom(environment), log: console.log };
}

function variablesFrom(environment: NodeJS.ProcessEnv): Record<string, string> {
  const { CATALOGUE: catalogue } = environment;
  const names = catalogue === undefined ? passedOn : [...passedOn, ...awsVariables, ...namedIn(catalogue)];
  const set = names.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(set);
}

/** Variables a catalogue refers to: `$NAME` anywhere, and the names of secrets. */
function namedIn(catalogue: string): string[] {
  const references = catalogue.matchAll(/\$([A-Z][A-Z0-9_]*)|"apiKeySecret"\s*:\s*"([^"]+)"/g);
  return [...references].map(([, variable, secret]) => variable ?? secret ?? '');
}

/** Aborts at the first of these signals; the following ones are not heeded, since stopping is under way. */
function signalled(...signals: readonly NodeJS.Signals[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) process.on(signal, () => controller.abort());
  return controller.signal;
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
}

function welcome({ url, fleet }: Local): string {
  return `ready ${url}

  curl ${url}/v1/chat/completions -i -H 'content-type: application/json' \\
    -d '{"model":"auto","messages":[{"role":"user","content":"What is a sluice?"}]}'

The GPUs behind it are simulated on this machine, at ${fleet.url}. Ctrl-C stops everything.`;
}

const stopAsked = AbortSignal.any([signalled('SIGINT', 'SIGTERM', 'SIGHUP'), orphaned()]);
try {
  await main(stopAsked);
} catch (error) {
  if (!stopAsked.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
process.exit();
