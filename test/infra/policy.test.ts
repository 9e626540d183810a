import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Context } from '../../infra/provisioning/context.ts';
import { deploy } from '../../infra/provisioning/deploy.ts';
import { destroy } from '../../infra/provisioning/destroy.ts';
import { publishPolicy, withdrawPolicy } from '../../infra/provisioning/policy.ts';
import { exportPolicy } from '../../policy/export/export-policy.ts';
import { verify } from '../../src/model/artifact.ts';
import { unpackArtifact } from '../../src/model/packed-artifact.ts';
import { seededRandom } from '../../src/platform/random.ts';
import { Clouds } from '../support/clouds/clouds.ts';
import { deploymentTo, goOn } from '../support/clouds/deployment.ts';
import type { CloudState } from '../support/clouds/state.ts';
import { provenance, randomNetwork } from '../support/networks.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const key = 'policies/learned.json';

/** Clouds with the bucket, and a folder with a policy as training leaves it. */
async function world(changes: Partial<CloudState> = {}) {
  const clouds = new Clouds({ buckets: { artifacts: {} }, ...changes });
  const folder = await temporaryFolder();
  const manifest = exportPolicy(randomNetwork(seededRandom(1), 4), provenance, folder);
  return { clouds, ...deploymentTo(clouds), folder, manifest };
}

it('publishes a policy as one object that the Worker can use', async () => {
  const { clouds, context, folder, manifest, said } = await world();
  await publishPolicy(context, folder);
  const published = clouds.state.buckets.artifacts?.[key] ?? '';
  expect(await verify(unpackArtifact(published))).toEqual(manifest);
  expect(said()).toContain(`Published ${manifest.network.sha256.slice(0, 12)}.`);
});

it('withdraws it again, and says where there is nothing', async () => {
  const { clouds, context, folder } = await world();
  await publishPolicy(context, folder);
  await withdrawPolicy(context);
  expect(clouds.state.buckets.artifacts).toEqual({});
  await expect(withdrawPolicy(context)).rejects.toThrow('Nothing is published.');
});

it('publishes nothing that the Worker would not take', async () => {
  const { clouds, context, folder } = await world();
  writeFileSync(join(folder, 'learned.onnx'), 'another file');
  await expect(publishPolicy(context, folder)).rejects.toThrow(/would not take it: hash-mismatch: /);
  await expect(publishPolicy(context, join(folder, 'nowhere'))).rejects.toThrow(/nowhere: holds no policy/);
  expect(clouds.changes).toEqual([]);
});

it('says what is missing: credentials, a bucket, a scorer that learns', async () => {
  const loggedOut = await world({ loggedIn: false });
  await expect(publishPolicy(loggedOut.context, loggedOut.folder)).rejects.toThrow(/no valid credentials/);
  const { context, folder } = await world();
  const { environment } = context;
  const within = (changes: Partial<Context['environment']>) =>
    publishPolicy({ ...context, environment: { ...environment, ...changes } }, folder);
  await expect(within({ worker: { ...environment.worker, artifactBucket: undefined } })).rejects.toThrow(
    'wrangler.toml: env.staging binds no R2 bucket as ARTIFACTS',
  );
  await expect(
    within({ catalogue: { ...environment.catalogue, scorer: { kind: 'least-in-flight' } } }),
  ).rejects.toThrow('Environment staging is decided by least-in-flight, which has no network.');
});

it('is untouched by a deployment, and goes with the environment', async () => {
  const { clouds, context, folder } = await world();
  await publishPolicy(context, folder);
  const published = structuredClone(clouds.state.buckets);
  const up: Context = {
    ...context,
    fetch: async (input) => new Response('', { status: String(input).endsWith('/healthz') ? 200 : 401 }),
  };
  await deploy(up, goOn);
  expect(clouds.state.buckets).toEqual(published);
  await destroy(up, 'mixed-worker');
  expect(clouds.state.buckets).toEqual({});
});
