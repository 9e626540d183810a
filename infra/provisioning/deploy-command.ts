import { createInterface } from 'node:readline/promises';
import { CommandError } from '../../policy/command-line/command-error.ts';
import { Flags } from '../../policy/command-line/flags.ts';
import { commonFlags, contextFrom } from './command-context.ts';
import { deploy } from './deploy.ts';
import { runCommand } from './run-command.ts';

const help = `Brings an environment up, or up to date, on both clouds.

  npm run deploy -- --env staging [--plan | --yes] [--deployment FILE]

  --env         environment of wrangler.toml
  --deployment  deployment document; infra/environments/ENV.json unless given
  --plan        shows cost, prerequisites and steps, and does nothing
  --yes         does not ask whether to go on

It needs credentials of both clouds: CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, and whatever the AWS CLI
accepts. Secrets come from the shell: ADMIN_TOKEN_HASH (npm run keys -- admin-token makes it), those the catalogue
names. With ADMIN_TOKEN, or a key of the gateway in SMOKE_API_KEY, the last test asks each variant, too.`;

const flagKinds = { ...commonFlags, plan: { type: 'boolean' }, yes: { type: 'boolean' } } as const;

/** `npm run deploy`. */
async function main(): Promise<void> {
  const flags = new Flags<keyof typeof flagKinds>(flagKinds, process.argv.slice(2));
  if (flags.has('help')) return console.log(help);
  const planOnly = flags.has('plan');
  await deploy(contextFrom(flags), { planOnly, confirm: async () => flags.has('yes') || (await asked()) });
}

async function asked(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new CommandError('Nothing was done. Without a terminal to ask at, add --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test(await terminal.question('Go on? [y/N] '));
  } finally {
    terminal.close();
  }
}

await runCommand(main);
