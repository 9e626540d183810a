import { CommandError } from '../../policy/command-line/command-error.ts';
import type { Environment } from '../desired-state/environment.ts';
import { Aws } from './aws.ts';
import { Cloudflare } from './cloudflare.ts';
import { type Context, regionOf } from './context.ts';

/**
 * Makes sure that both clouds answer, and for the accounts that are meant: with other credentials all that is up would
 * look as if it were gone.
 * @throws CommandError listing the credentials that are missing or another account's
 */
export async function requireCredentials({ environment, programs }: Context): Promise<void> {
  const region = regionOf(environment);
  const faults = await Promise.all([
    cloudflareCredentialsFault(new Cloudflare(programs.wrangler, environment)),
    region === undefined ? undefined : awsCredentialsFault(environment, new Aws(programs.aws, region)),
  ]);
  const missing = faults.flatMap((fault) => (fault === undefined ? [] : [`  ${fault}`]));
  if (missing.length > 0) throw new CommandError(`Nothing was done. Missing:\n${missing.join('\n')}`);
}

/** What is wrong with the credentials of Cloudflare; undefined where nothing is. */
export async function cloudflareCredentialsFault(cloudflare: Cloudflare): Promise<string | undefined> {
  if (await cloudflare.isLoggedIn()) return undefined;
  return 'Cloudflare: no valid credentials; set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or run wrangler login';
}

/** What is wrong with the credentials of AWS; undefined where nothing is. */
export async function awsCredentialsFault({ document }: Environment, aws: Aws): Promise<string | undefined> {
  try {
    const [account, meant] = [await aws.account(), document.aws?.account];
    return meant === undefined || meant === account
      ? undefined
      : `AWS: the credentials are for account ${account}, and the deployment document is for ${meant}`;
  } catch (error) {
    const words = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
    return `AWS: the CLI of AWS does not say who you are; install it, or give it credentials (${words})`;
  }
}
