import { z } from 'zod';
import { type HostedEndpoint, hostedEndpoints } from '../desired-state/hosted.ts';
import { imageAddress } from '../desired-state/image.ts';
import { Aws } from './aws.ts';
import { type Context, regionOf } from './context.ts';
import { awsCredentialsFault } from './credentials.ts';
import { stackElsewhere } from './stack-elsewhere.ts';

const objectsSchema = z.object({ Contents: z.array(z.unknown()).min(1) });
const quotasSchema = z.object({
  Quotas: z.array(z.object({ QuotaName: z.string(), Value: z.number() })),
});

/** What a deployment needs of AWS and does not find. */
export async function awsMissing(context: Context): Promise<string[]> {
  const { environment, programs } = context;
  const region = regionOf(environment);
  if (region === undefined) return [];
  const aws = new Aws(programs.aws, region);
  const fault = await awsCredentialsFault(environment, aws);
  if (fault !== undefined) return [fault];
  const endpoints = hostedEndpoints(environment.catalogue, environment.document.aws!);
  const found = await Promise.all([
    quotasMissing(endpoints, aws),
    imagesMissing(endpoints, aws),
    weightsMissing(endpoints, aws),
    stackElsewhere(environment, aws),
  ]);
  return found.flatMap((each) => each ?? []);
}

/** Quotas are per account, region and instance type; a new account's are 0 for most GPUs. */
async function quotasMissing(endpoints: readonly HostedEndpoint[], aws: Aws): Promise<string[]> {
  const needed = new Map<string, number>();
  for (const { instanceType, maxInstances } of endpoints)
    needed.set(instanceType, (needed.get(instanceType) ?? 0) + maxInstances);
  const found = await aws.attempt(['service-quotas', 'list-service-quotas', '--service-code', 'sagemaker']);
  if ('failure' in found) return [`AWS: the quotas cannot be read: ${found.failure}`];
  const { Quotas } = quotasSchema.parse(found.answer);
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

/** An image that nobody may look at may be there; one that is said not to be is missing. */
async function imagesMissing(endpoints: readonly HostedEndpoint[], aws: Aws): Promise<string[]> {
  const images = new Set(endpoints.flatMap(({ models }) => models.map(({ container }) => container.image)));
  const found = await Promise.all(
    [...images].map(async (image) => {
      const { registry, region, repository, tag } = imageAddress(image);
      const where = ['--registry-id', registry, '--repository-name', repository];
      const answer = await aws
        .in(region)
        .attempt(['ecr', 'describe-images', ...where, '--image-ids', `imageTag=${tag}`]);
      const isMissing = 'failure' in answer && answer.failure.includes('NotFound');
      return isMissing ? [`container image ${image}: not found in its registry`] : [];
    }),
  );
  return found.flat();
}

async function weightsMissing(endpoints: readonly HostedEndpoint[], aws: Aws): Promise<string[]> {
  const places = new Set(
    endpoints.flatMap(({ models }) => models.flatMap(({ container }) => container.weights ?? [])),
  );
  const found = await Promise.all(
    [...places].map(async (place) => {
      const [, , bucket, ...path] = place.split('/');
      const where = ['--bucket', bucket!, '--prefix', path.join('/')];
      const answer = await aws.attempt(['s3api', 'list-objects-v2', ...where, '--max-items', '1']);
      const isThere = 'answer' in answer && objectsSchema.safeParse(answer.answer).success;
      return isThere ? [] : [`model weights ${place}: nothing there, or no permission to see it`];
    }),
  );
  return found.flat();
}
