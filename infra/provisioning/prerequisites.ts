import { CommandError } from '../../policy/command-line/command-error.ts';
import { parseAdminTokenHash } from '../../src/access/access-config.ts';
import { parseAdminToken, parseApiKey } from '../../src/access/api-key.ts';
import { Cloudflare } from './cloudflare.ts';
import { type Context, isPlaceholder } from './context.ts';
import { cloudflareCredentialsFault } from './credentials.ts';
import { awsMissing } from './prerequisites-aws.ts';
import { operatorSecrets } from './secrets.ts';

/** Everything that a deployment needs and does not find, each with what to do about it. */
export async function missingPrerequisites(context: Context): Promise<readonly string[]> {
  const groups = await Promise.all([cloudflareMissing(context), awsMissing(context)]);
  return [...placeholders(context), ...groups.flat(), ...unreadableKeys(context)];
}

/** What the smoke test would show in vain, when all is up. The values are not repeated. */
function unreadableKeys({ variables: { ADMIN_TOKEN, SMOKE_API_KEY } }: Context): string[] {
  const missing: string[] = [];
  if (ADMIN_TOKEN && parseAdminToken(ADMIN_TOKEN) === undefined)
    missing.push(
      'ADMIN_TOKEN: is none; give one that `npm run keys -- admin-token` has printed, or unset it',
    );
  if (SMOKE_API_KEY && parseApiKey(SMOKE_API_KEY) === undefined)
    missing.push(
      'SMOKE_API_KEY: is no key of the gateway; give one that `npm run keys` has shown, or unset it',
    );
  return missing;
}

/** Addresses of the examples that nobody has replaced. */
function placeholders({ environment, documentPath }: Context): string[] {
  const { worker, document, name } = environment;
  const missing: string[] = [];
  if (worker.domain === undefined) missing.push(`wrangler.toml, env.${name}.routes: no custom domain`);
  else if (isPlaceholder(worker.domain))
    missing.push(
      `wrangler.toml, env.${name}.routes: "${worker.domain}" is the example’s; put a name of a zone in your account`,
    );
  if (document.aws !== undefined && isPlaceholder(document.aws.alarmEmail))
    missing.push(
      `${documentPath}, aws.alarmEmail: "${document.aws.alarmEmail}" is the example’s; put your own`,
    );
  return missing;
}

/** Where secrets come from that no other party gives out. */
const hints: Readonly<Record<string, string>> = {
  ADMIN_TOKEN_HASH: '; `npm run keys -- admin-token` makes one',
};

/**
 * Names of the Worker's secrets, as far as the account lets them be seen.
 * @param missing takes why it does not: the token is for other accounts, or for several and none is named
 */
async function secretsOf(cloudflare: Cloudflare, missing: string[]): Promise<readonly string[]> {
  try {
    return (await cloudflare.secrets()) ?? [];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    missing.push(`Cloudflare: ${error.message.replaceAll(/\s+/g, ' ')}`);
    return [];
  }
}

async function cloudflareMissing({ environment, programs, variables }: Context): Promise<string[]> {
  const cloudflare = new Cloudflare(programs.wrangler, environment);
  const missing: string[] = [];
  let present: readonly string[] = [];
  const fault = await cloudflareCredentialsFault(cloudflare);
  if (fault === undefined) {
    present = await secretsOf(cloudflare, missing);
    if (environment.worker.artifactBucket !== undefined && !(await cloudflare.hasR2()))
      missing.push('Cloudflare: R2 is not enabled for the account, or the token may not use it');
  } else missing.push(fault);
  for (const name of operatorSecrets(environment))
    if (!variables[name] && !present.includes(name))
      missing.push(`secret ${name}: neither set in the shell nor on the Worker${hints[name] ?? ''}`);
  // The Worker would answer nobody with a value that it cannot read.
  parseAdminTokenHash(variables.ADMIN_TOKEN_HASH, missing);
  return missing;
}
