import { Aws } from './aws.ts';
import { Cloudflare } from './cloudflare.ts';
import { type Context, regionOf } from './context.ts';
import { publishedPlace } from './policy.ts';
import type { Step } from './step.ts';
import { accessKey } from './steps/access-key.ts';
import { bootstrap } from './steps/bootstrap.ts';
import { bucket } from './steps/bucket.ts';
import { secrets } from './steps/secrets.ts';
import { signingKey } from './steps/signing-key.ts';
import { smoke } from './steps/smoke.ts';
import { stack } from './steps/stack.ts';
import { worker } from './steps/worker.ts';

/**
 * The steps of a deployment in their order; taken down, they go the other way. Secrets come before the Worker that reads
 * them: a version that misses one serves nobody. Where there is no Worker yet, wrangler makes one that only keeps them.
 */
export function stepsOf(context: Context): readonly Step[] {
  const { environment, programs } = context;
  const cloudflare = new Cloudflare(programs.wrangler, environment);
  const region = regionOf(environment);
  const aws = region === undefined ? undefined : new Aws(programs.aws, region);
  const { artifactBucket } = environment.worker;
  const published = [publishedPlace(environment)?.key ?? []].flat();
  return [
    ...(aws === undefined ? [] : [bootstrap(context, aws), stack(context, aws)]),
    ...(artifactBucket === undefined ? [] : [bucket(artifactBucket, published, cloudflare)]),
    ...(aws === undefined ? [] : [identity(context, aws, cloudflare)]),
    secrets(context, cloudflare),
    worker(context, cloudflare, aws),
    smoke(context),
  ];
}

/** What the Worker proves itself to AWS with. */
function identity(context: Context, aws: Aws, cloudflare: Cloudflare): Step {
  return context.environment.document.aws?.identity === 'access-key'
    ? accessKey(context, aws, cloudflare)
    : signingKey(cloudflare);
}
