import { z } from 'zod';
import { hostedEndpoints } from '../deployment/hosted.ts';
import { Aws } from './aws.ts';
import { Cloudflare } from './cloudflare.ts';
import { type Context, isPlaceholder, regionOf } from './context.ts';
import { operatorSecrets } from './secrets.ts';

/** Everything that a deployment needs and does not find, each with what to do about it. */
export async function missingPrerequisites(context: Context): Promise<readonly string[]> {
  const groups = await Promise.all([cloudflareMissing(context), awsMissing(context)]);
  return [...placeholders(context), ...groups.flat()];
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

async function cloudflareMissing({ environment, programs, variables }: Context): Promise<string[]> {
  const cloudflare = new Cloudflare(programs.wrangler, environment);
  const missing: string[] = [];
  let present: readonly string[] = [];
  if (await cloudflare.isLoggedIn()) {
    present = (await cloudflare.secrets()) ?? [];
    if (environment.worker.buckets.length > 0 && !(await cloudflare.hasR2()))
      missing.push('Cloudflare: R2 is not enabled for the account, or the token may not use it');
  } else
    missing.push(
      'Cloudflare: no valid credentials; set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or run wrangler login',
    );
  for (const name of operatorSecrets(environment))
    if (!variables[name] && !present.includes(name))
      missing.push(`secret ${name}: neither set in the shell nor on the Worker${hints[name] ?? ''}`);
  return missing;
}

async function awsMissing(context: Context): Promise<string[]> {
  const { environment, programs } = context;
  const region = regionOf(environment);
  if (region === undefined) return [];
  const aws = new Aws(programs.aws, region);
  const identity = await identityOf(aws);
  if ('failure' in identity) return [`AWS: ${identity.failure}`];
  const { account } = environment.document.aws!;
  if (account !== undefined && account !== identity.account)
    return [
      `AWS: the credentials are for account ${identity.account}, and the deployment document is for ${account}`,
    ];
  const found = await Promise.all([
    quotasMissing(context, aws),
    imagesMissing(context, aws),
    weightsMissing(context, aws),
  ]);
  return found.flat();
}

async function identityOf(aws: Aws): Promise<{ account: string } | { failure: string }> {
  try {
    return { account: await aws.account() };
  } catch (error) {
    return {
      failure: `the CLI of AWS does not say who you are; install it, or give it credentials (${(error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ')})`,
    };
  }
}

/** Quotas are per account, region and instance type; a new account's are 0 for most GPUs. */
async function quotasMissing({ environment }: Context, aws: Aws): Promise<string[]> {
  const needed = new Map<string, number>();
  for (const { instanceType, maxInstances } of hostedEndpoints(
    environment.catalogue,
    environment.document.aws!,
  ))
    needed.set(instanceType, (needed.get(instanceType) ?? 0) + maxInstances);
  const found = await aws.attempt(['service-quotas', 'list-service-quotas', '--service-code', 'sagemaker']);
  if ('failure' in found) return [`AWS: the quotas cannot be read: ${found.failure}`];
  const { Quotas } = z
    .object({ Quotas: z.array(z.object({ QuotaName: z.string(), Value: z.number() })) })
    .parse(found.answer);
  const quotas = new Map(Quotas.map(({ QuotaName, Value }) => [QuotaName, Value]));
  return [...needed].flatMap(([type, count]) => {
    const name = `${type} for endpoint usage`;
    const quota = quotas.get(name) ?? 0;
    return quota >= count
      ? []
      : [
          `AWS quota "${name}" in ${aws.region}: is ${quota}, ${count} are needed; ask for it in Service Quotas`,
        ];
  });
}

async function imagesMissing({ environment }: Context, aws: Aws): Promise<string[]> {
  const images = new Set(
    hostedEndpoints(environment.catalogue, environment.document.aws!).flatMap(({ models }) =>
      models.map(({ container }) => container.image),
    ),
  );
  const found = await Promise.all(
    [...images].map(async (image) => {
      const [, registry, region, repository, tag] = /^(\d+)\.dkr\.ecr\.([^.]+)\.[^/]+\/(.+):(.+)$/.exec(
        image,
      )!;
      const answer = await aws
        .in(region!)
        .attempt([
          'ecr',
          'describe-images',
          '--registry-id',
          registry!,
          '--repository-name',
          repository!,
          '--image-ids',
          `imageTag=${tag}`,
        ]);
      return 'failure' in answer ? [`container image ${image}: not found (${answer.failure})`] : [];
    }),
  );
  return found.flat();
}

async function weightsMissing({ environment }: Context, aws: Aws): Promise<string[]> {
  const places = new Set(
    hostedEndpoints(environment.catalogue, environment.document.aws!).flatMap(({ models }) =>
      models.flatMap(({ container }) => container.weights ?? []),
    ),
  );
  const found = await Promise.all(
    [...places].map(async (place) => {
      const [, , bucket, ...path] = place.split('/');
      const answer = await aws.attempt([
        's3api',
        'list-objects-v2',
        '--bucket',
        bucket!,
        '--prefix',
        path.join('/'),
        '--max-items',
        '1',
      ]);
      const isThere =
        'answer' in answer &&
        z.object({ Contents: z.array(z.unknown()).min(1) }).safeParse(answer.answer).success;
      return isThere ? [] : [`model weights ${place}: nothing there, or no permission to see it`];
    }),
  );
  return found.flat();
}
