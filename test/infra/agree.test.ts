import { describe, expect, it } from 'vitest';
import { disagreements } from '../../infra/desired-state/agree.ts';
import { deploymentSchema } from '../../infra/desired-state/document.ts';
import { catalogueSchema } from '../../src/routing/catalogue.ts';
import { mixedCatalogue, mixedDocument, mixedEnvironment } from '../support/environment.ts';

/** Faults of the mixed deployment after a text in it was replaced by another. */
function faultsWith(replacements: {
  readonly catalogue?: readonly [string | RegExp, string];
  readonly document?: readonly [string | RegExp, string];
  readonly worker?: readonly [string | RegExp, string];
}): string[] {
  const changed = (value: unknown, change: readonly [string | RegExp, string] | undefined) => {
    const text = JSON.stringify(value);
    const result = change === undefined ? text : text.replace(...change);
    if (change !== undefined) expect(result).not.toBe(text);
    return JSON.parse(result);
  };
  return disagreements(
    catalogueSchema.parse(changed(mixedCatalogue, replacements.catalogue)),
    deploymentSchema.parse(changed(mixedDocument, replacements.document)),
    changed(mixedEnvironment().worker, replacements.worker),
  );
}

describe('catalogue, deployment document and Worker', () => {
  it('agree where they speak of the same things', () => {
    expect(faultsWith({})).toEqual([]);
  });

  it('disagree over an endpoint without machines, and over machines without an endpoint', () => {
    expect(faultsWith({ document: ['"own":', '"owned":'] })).toEqual([
      'aws.endpoints.owned: the catalogue has no SageMaker endpoint of this id',
      'aws.endpoints.own: missing; the catalogue has this SageMaker endpoint',
    ]);
  });

  it('disagree over a component that only one of them knows', () => {
    expect(faultsWith({ document: ['"tiny-part":', '"small-part":'] })).toEqual([
      'aws.endpoints.shared.components.tiny-part: missing; variants tiny name it',
      'aws.endpoints.shared.components.small-part: no variant uses it',
    ]);
  });

  it('disagree over a binding that the Worker does not have', () => {
    expect(faultsWith({ worker: ['"AI"', '"OTHER"'] })).toEqual([
      'wrangler.toml: mixed-worker binds no "AI", which catalogue endpoint edge needs',
    ]);
  });

  it('disagree over a runtime that is not in the Worker’s bundle', () => {
    const scorer = (runtime: string) =>
      ['{', `{"scorer":{"kind":"learned","runtime":"${runtime}"},`] as const;
    expect(faultsWith({ catalogue: scorer('onnx') })).toEqual([
      'catalogue scorer.runtime: "onnx" needs CARRIES_ONNXRUNTIME = "true" in wrangler.toml’s define for mixed-worker',
    ]);
    expect(faultsWith({ catalogue: scorer('plain') })).toEqual([]);
    const worker = ['"carriesOnnxruntime":false', '"carriesOnnxruntime":true'] as const;
    expect(faultsWith({ catalogue: scorer('onnx'), worker })).toEqual([]);
  });

  it('disagree over two models in one container', () => {
    expect(faultsWith({ catalogue: ['"org/whole"', '"org/other"'] })).toEqual([
      'catalogue variants whole, whole-short: one container cannot serve org/other and org/whole',
    ]);
  });

  it('disagree over more running instances than the ledger counts on', () => {
    expect(faultsWith({ document: ['"minInstances":1', '"minInstances":5'] })).toEqual([
      'aws.endpoints.own.minInstances: above the catalogue’s replicas (2), received 5',
    ]);
  });

  it('disagree over scaling that begins when the ledger is full already', () => {
    expect(faultsWith({ document: ['"concurrentRequests":20', '"concurrentRequests":100'] })).toEqual([
      'aws.endpoints.own.scaling.concurrentRequests: must be below the catalogue’s maxInFlightPerReplica (100), received 100',
    ]);
  });

  it('disagree over machines of which the catalogue has none', () => {
    const edge = {
      ...mixedCatalogue,
      endpoints: mixedCatalogue.endpoints.filter(({ id }) => id === 'edge'),
      variants: mixedCatalogue.variants.filter(({ endpoint }) => endpoint === 'edge'),
    };
    const document = { ...mixedDocument, aws: { ...mixedDocument.aws, endpoints: {} } };
    expect(
      disagreements(catalogueSchema.parse(edge), deploymentSchema.parse(document), mixedEnvironment().worker),
    ).toEqual(['aws: the catalogue has no SageMaker endpoint; leave it out']);
  });

  it('disagree over components that do not fit on the machines', () => {
    expect(faultsWith({ document: ['"accelerators":2', '"accelerators":5'] })).toEqual([
      'aws.endpoints.shared.components.big-part.accelerators: ml.g5.12xlarge has 4, received 5',
    ]);
    expect(faultsWith({ document: ['"min":2,"max":5', '"min":6,"max":6'] })).toEqual([
      'aws.endpoints.shared.components: need 13 accelerators, and 3 × ml.g5.12xlarge have 12',
    ]);
  });

  it('disagree over a container that is too new for the driver of its machines', () => {
    const newer = [/djl-inference:1\.0"(?=,"environment":\{"OPTION)/, 'djl-inference:2.0-cu130"'] as const;
    const image = '763104351884.dkr.ecr.eu-west-1.amazonaws.com/djl-inference:2.0-cu130';
    expect(faultsWith({ document: newer })).toEqual([
      `aws.endpoints.own.inferenceAmiVersion: missing; the driver that ml.g6.2xlarge comes with is too old for ${image}; one for CUDA 13 is al2023-ami-sagemaker-inference-gpu-4-1`,
    ]);
    const all = [/djl-inference:1\.0"/g, 'djl-inference:2.0-cu130"'] as const;
    expect(faultsWith({ document: all })).toHaveLength(2);
    const ami = '"inferenceAmiVersion":"al2023-ami-sagemaker-inference-gpu-4-1"';
    const document = JSON.parse(
      JSON.stringify(mixedDocument)
        .replace(...newer)
        .replace('"ml.g6.2xlarge"', `"ml.g6.2xlarge",${ami}`),
    );
    const { worker } = mixedEnvironment();
    expect(
      disagreements(catalogueSchema.parse(mixedCatalogue), deploymentSchema.parse(document), worker),
    ).toEqual([]);
  });

  it('disagree over an image that is not where its endpoint is', () => {
    const image = '763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:1.0';
    expect(faultsWith({ document: [/ecr\.eu-west-1/g, 'ecr.us-east-1'] })).toEqual([
      `aws.endpoints.shared: image ${image} has to be of the endpoint's region, eu-west-1`,
      `aws.endpoints.own: image ${image} has to be of the endpoint's region, eu-west-1`,
    ]);
  });

  it('say which prices are known when an instance’s is not', () => {
    expect(faultsWith({ document: ['ml.g6.2xlarge', 'ml.q9.large'] })[0]).toMatch(
      /no price known for "ml\.q9\.large"; give pricePerHourUsd, or use one of ml\.g5\.xlarge, /,
    );
    expect(faultsWith({ document: ['"ml.g6.2xlarge"', '"ml.q9.large","pricePerHourUsd":1'] })).toEqual([]);
  });

  it('disagree over what cannot be deployed: several regions, an address elsewhere, models of one’s own choice', () => {
    expect(faultsWith({ catalogue: ['eu-west-1', 'us-east-1'] })[0]).toBe(
      'catalogue: endpoints in several regions (us-east-1, eu-west-1); one is supported',
    );
    expect(
      faultsWith({
        catalogue: ['"endpointName":"own-gpus"', '"endpointName":"own-gpus","url":"http://x.test"'],
      })[0],
    ).toMatch(/url "http:\/\/x\.test" leads away/);
    expect(faultsWith({ catalogue: ['"maxOutputTokens":64', '"targetModel":"a.tar.gz"'] })[0]).toMatch(
      /targetModel needs a multi-model endpoint/,
    );
    expect(faultsWith({ catalogue: ['"maxOutputTokens":64', '"targetVariant":"blue"'] })[0]).toMatch(
      /targetVariant has to be "main", received "blue"/,
    );
  });

  it('disagree over names that two would have', () => {
    expect(faultsWith({ catalogue: ['own-gpus', 'Shared-GPUs'] })).toEqual([
      'catalogue endpoints shared, own: all have the endpointName "Shared-GPUs"',
    ]);
    const components = JSON.stringify(mixedDocument.aws.endpoints.shared.components);
    expect(
      faultsWith({
        document: [
          /"own":\{.*?"minInstances":1,.*?\}\}\}/,
          `"own":{"instanceType":"ml.g5.12xlarge","minInstances":1,"components":${components}}}`,
        ],
      }),
    ).toContain('aws.endpoints.shared, own: all have a component "tiny-part"');
  });

  it('disagree over names that AWS takes for the same, since it does not look at their case', () => {
    expect(faultsWith({ catalogue: ['own-gpus', 'shared-gpus'] })).toEqual([
      'catalogue endpoints shared, own: all have the endpointName "Shared-GPUs", which is "shared-gpus"',
    ]);
  });

  it.each(['own_gpus', 'own.gpus', '-own', 'own-', 'o'.repeat(64), 'own gpus', 'größe'])(
    'disagree over an endpoint that SageMaker would not call "%s"',
    (name) => {
      const rule = `must be letters, digits and "-" between them, at most 63, received "${name}"`;
      expect(faultsWith({ catalogue: ['own-gpus', name] })).toEqual([
        `catalogue endpoint own: endpointName: ${rule}`,
      ]);
    },
  );

  it('disagree over a component that SageMaker would not call so', () => {
    expect(
      faultsWith({ catalogue: ['tiny-part', 'tiny/part'], document: ['tiny-part', 'tiny/part'] }),
    ).toEqual([
      'aws.endpoints.shared.components: must be letters, digits and "-" between them, at most 63, received "tiny/part"',
    ]);
  });

  it.each(['my_gateway', '2nd-gateway', 'g'.repeat(57)])(
    'disagree over a Worker whose stack or role cannot be called "%s"',
    (name) => {
      expect(faultsWith({ worker: ['mixed-worker', name] })).toEqual([
        `wrangler.toml: the Worker's name, which its stack on AWS has too, must be letters, digits and "-", beginning with a letter, at most 56; received "${name}"`,
      ]);
    },
  );

  it('agree over the longest names that there may be', () => {
    expect(
      faultsWith({ catalogue: ['own-gpus', 'O'.repeat(63)], worker: ['mixed-worker', 'g'.repeat(56)] }),
    ).toEqual([]);
  });

  it('disagree over web identity without an address that AWS can reach', () => {
    expect(
      faultsWith({ document: ['access-key', 'web-identity'], worker: [/,"domain":"[^"]*"/, ''] })[0],
    ).toMatch(/web-identity needs an issuer AWS can reach/);
  });

  it('disagree over a price without a share', () => {
    const price = [/("id":"light",)/, '$1"price":{"inputPerMillion":1,"outputPerMillion":1},'] as const;
    expect(faultsWith({ catalogue: price })).toEqual([
      'expected.shares.light: missing; the catalogue has a price for it',
    ]);
  });

  it('disagree over shares of unknown variants, and over more than all requests', () => {
    expect(faultsWith({ document: ['"shares":{}', '"shares":{"light":0.9,"tiny":0.3,"none":0}'] })).toEqual([
      'expected.shares.none: no such variant; known: big, tiny, whole, whole-short, light',
      'expected.shares: add up to 1.2, more than all requests',
    ]);
  });
});
