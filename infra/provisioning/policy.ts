import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../../policy/command-line/command-error.ts';
import { type Artifact, verify } from '../../src/model/artifact.ts';
import { packArtifact, publishedKey } from '../../src/model/packed-artifact.ts';
import { ScorerFault } from '../../src/routing/scorer.ts';
import type { Environment } from '../desired-state/environment.ts';
import { Cloudflare } from './cloudflare.ts';
import type { Context } from './context.ts';
import { cloudflareCredentialsFault } from './credentials.ts';

/** Where an environment's published policy is. */
export interface PublishedPlace {
  readonly bucket: string;
  readonly key: string;
}

/** Undefined where no policy can be published: without a bucket, or where a rule decides. */
export function publishedPlace({ worker, catalogue }: Environment): PublishedPlace | undefined {
  const { scorer } = catalogue;
  if (worker.artifactBucket === undefined || scorer.kind !== 'learned') return undefined;
  return { bucket: worker.artifactBucket, key: publishedKey(scorer.artifact) };
}

/**
 * Publishes a trained policy, which the Worker then takes in place of the one that came with it.
 * @param folder with `learned.onnx` and `learned.json`, as training leaves them
 * @throws CommandError when the Worker could not use it, or there is nowhere to publish it
 */
export async function publishPolicy(context: Context, folder: string): Promise<void> {
  const { bucket, key } = requirePlace(context.environment);
  const artifact = readArtifact(folder);
  const { network } = await verified(artifact, folder);
  await (await connected(context)).putObject(bucket, key, packArtifact(artifact));
  context.say(
    `Published ${network.sha256.slice(0, 12)}. Each isolate of the Worker takes it within a minute of its traffic.`,
  );
}

/** Takes the published policy away: the one that came with the Worker decides again. */
export async function withdrawPolicy(context: Context): Promise<void> {
  const { bucket, key } = requirePlace(context.environment);
  const cloudflare = await connected(context);
  if (!(await cloudflare.hasObject(bucket, key))) throw new CommandError('Nothing is published.');
  await cloudflare.deleteObject(bucket, key);
  context.say(
    'Withdrawn. Within a minute of its traffic each isolate decides by the policy that came with the Worker.',
  );
}

function requirePlace(environment: Environment): PublishedPlace {
  const place = publishedPlace(environment);
  if (place !== undefined) return place;
  const { name, catalogue } = environment;
  throw new CommandError(
    catalogue.scorer.kind === 'learned'
      ? `wrangler.toml: env.${name} binds no R2 bucket as ARTIFACTS`
      : `Environment ${name} is decided by ${catalogue.scorer.kind}, which has no network.`,
  );
}

async function connected({ environment, programs }: Context): Promise<Cloudflare> {
  const cloudflare = new Cloudflare(programs.wrangler, environment);
  const fault = await cloudflareCredentialsFault(cloudflare);
  if (fault !== undefined) throw new CommandError(`Nothing was done. Missing:\n  ${fault}`);
  return cloudflare;
}

function readArtifact(folder: string): Artifact {
  try {
    return {
      onnx: new Uint8Array(readFileSync(join(folder, 'learned.onnx'))),
      manifest: JSON.parse(readFileSync(join(folder, 'learned.json'), 'utf8')),
    };
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`${folder}: holds no policy: ${words}`, { cause });
  }
}

async function verified(artifact: Artifact, folder: string) {
  try {
    return await verify(artifact);
  } catch (cause) {
    if (!(cause instanceof ScorerFault)) throw cause;
    throw new CommandError(`${folder}: the Worker would not take it: ${cause.kind}: ${cause.message}`, {
      cause,
    });
  }
}
