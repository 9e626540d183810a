import { Flags } from '../../policy/command-line/flags.ts';
import { commonFlags, contextFrom } from './command-context.ts';
import { rotate } from './rotate.ts';
import { runCommand } from './run-command.ts';

const help = `Gives the Worker something new to prove itself to AWS with, and makes the old worthless.

  npm run rotate -- --env staging [--deployment FILE]`;

/** `npm run rotate`. */
async function main(): Promise<void> {
  const flags = new Flags<keyof typeof commonFlags>(commonFlags, process.argv.slice(2));
  if (flags.has('help')) return console.log(help);
  await rotate(contextFrom(flags));
}

await runCommand(main);
