import { Flags } from '../../policy/command-line/flags.ts';
import { commonFlags, contextFrom } from './command-context.ts';
import { rotate } from './rotate.ts';
import { runCommand } from './run-command.ts';

const help = `Gives the Worker something new to prove itself to AWS with, and makes the old worthless once nobody needs it.

  npm run rotate -- --env staging [--at-once] [--deployment FILE]

  --env         environment of wrangler.toml
  --deployment  deployment document; infra/environments/ENV.json unless given
  --at-once     does not wait until the new is known everywhere: for what somebody else has got hold of`;

const flagKinds = { ...commonFlags, 'at-once': { type: 'boolean' } } as const;

/** `npm run rotate`. */
async function main(): Promise<void> {
  const flags = new Flags<keyof typeof flagKinds>(flagKinds, process.argv.slice(2));
  if (flags.has('help')) return console.log(help);
  await rotate(contextFrom(flags), { atOnce: flags.has('at-once') });
}

await runCommand(main);
