import { CommandError } from '../../policy/command-line/command-error.ts';
import { Flags } from '../../policy/command-line/flags.ts';
import { commonFlags, contextFrom } from './command-context.ts';
import { publishPolicy, withdrawPolicy } from './policy.ts';
import { runCommand } from './run-command.ts';

const help = `Publishes a trained policy: the Worker takes it without being deployed again.

  npm run policy -- --env staging --artifact FOLDER [--deployment FILE]
  npm run policy -- --env staging --withdraw

  --env         environment of wrangler.toml
  --deployment  deployment document; infra/environments/ENV.json unless given
  --artifact    folder with learned.onnx and learned.json, as npm run train leaves them
  --withdraw    takes away what is published; the policy that came with the Worker decides again`;

const flagKinds = { ...commonFlags, artifact: { type: 'string' }, withdraw: { type: 'boolean' } } as const;

/** `npm run policy`. */
async function main(): Promise<void> {
  const flags = new Flags<keyof typeof flagKinds>(flagKinds, process.argv.slice(2));
  if (flags.has('help')) return console.log(help);
  const folder = flags.text('artifact');
  if ((folder === undefined) === !flags.has('withdraw'))
    throw new CommandError('Give either --artifact FOLDER or --withdraw; see --help');
  if (folder === undefined) await withdrawPolicy(contextFrom(flags));
  else await publishPolicy(contextFrom(flags), folder);
}

await runCommand(main);
