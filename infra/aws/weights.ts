import type { Conditions } from 'aws-cdk-lib/aws-iam';
import type { Container } from '../desired-state/document.ts';

/** What of one bucket holds weights, as policies name it. */
export interface WeightsInBucket {
  readonly bucket: string;
  /** ARNs of the files, with wildcards. */
  readonly objects: readonly string[];
  /** Under which a listing may look; undefined where weights lie at the bucket's root. */
  readonly listed: Conditions | undefined;
}

/** Where the containers' own weights are, bucket by bucket. */
export function weightsOf(containers: readonly Container[], partition: string): readonly WeightsInBucket[] {
  const places = new Set(containers.flatMap(({ weights }) => weights ?? []));
  const byBucket = Map.groupBy([...places].map(bucketAndPrefix), ({ bucket }) => bucket);
  return [...byBucket].map(([name, within]) => {
    const bucket = `arn:${partition}:s3:::${name}`;
    const patterns = within.map(({ prefix }) => `${prefix}*`);
    return {
      bucket,
      objects: patterns.map((pattern) => `${bucket}/${pattern}`),
      listed: patterns.includes('*') ? undefined : { StringLike: { 's3:prefix': patterns } },
    };
  });
}

/** @param uri `s3://bucket/prefix/`, as the deployment document's schema has checked */
function bucketAndPrefix(uri: string): { readonly bucket: string; readonly prefix: string } {
  const [bucket = '', ...path] = uri.slice('s3://'.length).split('/');
  return { bucket, prefix: path.join('/') };
}
