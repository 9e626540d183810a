import { Flags } from '../../policy/command-line/flags.ts';
import { commonFlags, contextFrom } from './command-context.ts';
import { destroy } from './destroy.ts';
import { runCommand } from './run-command.ts';

const help = `Takes an environment down on both clouds: the Worker with its ledger and its secrets, the access keys, the
endpoints. Says what stays.

  npm run destroy -- --env staging --confirm sluice-staging [--deployment FILE]

  --env         environment of wrangler.toml
  --deployment  deployment document; infra/environments/ENV.json unless given
  --confirm     the Worker's name: without it this only shows what would go`;

const flagKinds = { ...commonFlags, confirm: { type: 'string' } } as const;

/** `npm run destroy`. */
async function main(): Promise<void> {
  const flags = new Flags<keyof typeof flagKinds>(flagKinds, process.argv.slice(2));
  if (flags.has('help')) return console.log(help);
  await destroy(contextFrom(flags), flags.text('confirm'));
}

await runCommand(main);
