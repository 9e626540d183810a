import { CommandError } from '../../policy/command-line/command-error.ts';
import { Flags } from '../../policy/command-line/flags.ts';
import { outputs } from '../aws/outputs.ts';
import { Aws } from './aws.ts';
import { Cloudflare } from './cloudflare.ts';
import { commonFlags, contextFrom } from './command-context.ts';
import { regionOf } from './context.ts';
import { runCommand } from './run-command.ts';
import { renewAccessKey } from './steps/access-key.ts';
import { renewSigningKey } from './steps/signing-key.ts';

const help = `Gives the Worker something new to prove itself to AWS with, and makes the old worthless.

  npm run rotate -- --env staging [--deployment FILE]`;

/** `npm run rotate`. */
async function main(): Promise<void> {
  const flags = new Flags<keyof typeof commonFlags>(commonFlags, process.argv.slice(2));
  if (flags.has('help')) return console.log(help);
  const { environment, programs } = contextFrom(flags);
  const region = regionOf(environment);
  if (region === undefined) throw new CommandError(`Nothing of ${environment.name} runs on AWS.`);
  const cloudflare = new Cloudflare(programs.wrangler, environment);
  if (environment.document.aws?.identity === 'web-identity') return await renewSigningKey(cloudflare);
  const aws = new Aws(programs.aws, region);
  const user = (await aws.stack(environment.stackName))?.outputs[outputs.invokerUser];
  if (user === undefined) throw new CommandError(`Environment ${environment.name} is not deployed.`);
  await renewAccessKey(user, aws, cloudflare);
}

await runCommand(main);
