import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { EndpointDefinition, ModelDefinition } from '../../infra/local/definition.ts';
import { fleetNames, fleets } from '../../infra/local/fleets.ts';
import { coefficientsNamed } from '../../policy/simulator/coefficients.ts';
import { Engine } from '../../policy/simulator/engine.ts';
import { type Catalogue, catalogueSchema, type Variant } from '../../src/routing/catalogue.ts';

function catalogueOf(name: string): Catalogue {
  const text = readFileSync(new URL(`../../src/catalogues/${name}.json`, import.meta.url), 'utf8');
  return catalogueSchema.parse(JSON.parse(text.replaceAll('$FLEET_URL', 'http://127.0.0.1:1')));
}

/** What the fleet serves behind a variant. */
function served(
  catalogue: Catalogue,
  variant: Variant,
  endpoints: readonly EndpointDefinition[],
): ModelDefinition {
  const endpoint = endpoints.find(({ id }) => id === variant.endpoint);
  const model = endpoint?.models.find(
    ({ name, selector }) =>
      name === variant.servedAs && selector?.inferenceComponent === variant.parameters.inferenceComponent,
  );
  if (!model) throw new Error(`${catalogue.pool}: the fleet does not serve ${variant.id}`);
  return model;
}

interface Times {
  readonly ttftMs: number;
  readonly tpotMs: number;
}

/** Times of the first of some requests that come at once to an idle engine. */
function measure(coefficients: string, promptTokens: number, requests: number): Times {
  const engine = new Engine({ coefficients: coefficientsNamed(coefficients) });
  const outputTokens = 200;
  for (let id = 0; id < requests; id++) engine.submit({ id, promptTokens, outputTokens });
  const at: number[] = [];
  let nowMs = 0;
  for (let stepMs = engine.beginStep(); stepMs !== undefined; stepMs = engine.beginStep()) {
    nowMs += stepMs;
    if (engine.endStep().emitted.includes(0)) at.push(nowMs);
  }
  const [firstMs = Number.NaN] = at;
  return { ttftMs: firstMs, tpotMs: ((at.at(-1) ?? Number.NaN) - firstMs) / (outputTokens - 1) };
}

/** The first guess that the catalogue's README describes. */
function priorOf({ coefficients }: ModelDefinition): Variant['prior'] {
  const paper = coefficients.includes('/opt-');
  const [long, usual] = paper ? [1_024, 90] : [2_048, 512];
  const { ttftMs } = measure(coefficients, 1, 1);
  const alone = measure(coefficients, usual, 1).tpotMs;
  return {
    ttftMs,
    ttftMsPerToken: (measure(coefficients, long, 1).ttftMs - ttftMs) / (long - 1),
    tpotMs: alone,
    tpotMsPerRequest: (measure(coefficients, usual, 33).tpotMs - alone) / 32,
  };
}

describe.each(fleetNames)('the catalogue %s', (name) => {
  const catalogue = catalogueOf(name);
  const { endpoints } = fleets[name];

  test('has the endpoints of the fleet', () => {
    expect(catalogue.pool).toBe(name);
    expect(
      catalogue.endpoints.map(({ id, replicas, backend }) => ({ id, replicas, kind: backend.kind })),
    ).toEqual(endpoints.map(({ id, replicas, protocol }) => ({ id, replicas, kind: protocol.kind })));
    for (const [index, { backend }] of catalogue.endpoints.entries())
      if (backend.kind === 'sagemaker') expect(backend).toMatchObject(endpoints[index]?.protocol ?? {});
  });

  test('has a variant for every model of the fleet, with the context it is served with', () => {
    expect(catalogue.variants).toHaveLength(endpoints.flatMap(({ models }) => models).length);
    for (const variant of catalogue.variants)
      expect(variant.contextTokens).toBe(served(catalogue, variant, endpoints).contextTokens);
  });

  test('guesses at first what the fleet’s engines take', () => {
    for (const variant of catalogue.variants) {
      const measured = priorOf(served(catalogue, variant, endpoints));
      for (const key of ['ttftMs', 'ttftMsPerToken', 'tpotMs', 'tpotMsPerRequest'] as const)
        expect(variant.prior[key] / measured[key], `${variant.id}.${key}`).toBeCloseTo(1, 1);
    }
  });

  test('a larger model is better at every task', () => {
    const ladder = catalogue.variants.toSorted((left, right) => left.tier - right.tier);
    for (const [index, variant] of ladder.entries())
      for (const task of Object.keys(catalogue.tasks)) {
        const below = ladder[index - 1];
        if (below && below.tier < variant.tier)
          expect(variant.quality[task]).toBeGreaterThan(below.quality[task] ?? Number.NaN);
      }
  });
});

test('the fleets have the GPUs of the benchmark', () => {
  const gpus = (name: keyof typeof fleets) =>
    fleets[name].endpoints.reduce((sum, { replicas, models }) => {
      const width = models.some(({ coefficients }) => coefficients.endsWith('70b')) ? 4 : 1;
      return sum + replicas * width;
    }, 0);
  expect({
    chat: gpus('chat'),
    partitioned: gpus('paper-partitioned'),
    cohosted: gpus('paper-cohosted'),
  }).toEqual({ chat: 8, partitioned: 4, cohosted: 4 });
});
