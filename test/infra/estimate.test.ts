import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { estimate, total } from '../../infra/cost/estimate.ts';
import { deploymentSchema } from '../../infra/desired-state/document.ts';
import { documentPath, loadEnvironment } from '../../infra/desired-state/environment.ts';
import { mixedDocument, mixedEnvironment } from '../support/environment.ts';

it('charges machines by the hour, from the fewest that run to the most that scaling adds', () => {
  const [shared, own] = estimate(mixedEnvironment());
  expect(shared).toEqual({
    what: 'endpoint shared: 2–3 × ml.g5.12xlarge at $7.09/h (of us-east-1)',
    least: 2 * 7.09 * 730,
    most: 3 * 7.09 * 730,
  });
  expect(own?.most).toBeCloseTo(2 * 1.222 * 730);
});

it('prefers the price that the deployment document gives', () => {
  const document = deploymentSchema.parse(
    JSON.parse(
      JSON.stringify(mixedDocument).replace('"ml.g6.2xlarge"', '"ml.g6.2xlarge","pricePerHourUsd":2'),
    ),
  );
  expect(estimate({ ...mixedEnvironment(), document })[1]).toMatchObject({
    what: 'endpoint own: 1–2 × ml.g6.2xlarge at $2/h',
    least: 2 * 730,
  });
});

it('charges Cloudflare’s plan, and what goes beyond it', () => {
  const withRequests = (requestsPerMonth: number) =>
    estimate({
      ...mixedEnvironment(),
      document: deploymentSchema.parse({
        ...mixedDocument,
        expected: { ...mixedDocument.expected, requestsPerMonth },
      }),
    }).at(-1)!.least;
  // Two objects are awake for 672,768 GB-s, 400,000 of which are included.
  const awake = 0.272768 * 12.5;
  expect(withRequests(0)).toBeCloseTo(5 + awake);
  // 110 million: 100 million requests, 212 million ms, 439 million calls of objects, 100 million data points beyond it.
  expect(withRequests(110e6)).toBeCloseTo(5 + awake + 100 * 0.3 + 212 * 0.02 + 439 * 0.15 + 100 * 0.25);
});

it('charges tokens of priced variants by their share, and adds everything up', () => {
  const environment = mixedEnvironment();
  const variants = environment.catalogue.variants.map((variant) =>
    variant.id === 'light' ? { ...variant, price: { inputPerMillion: 1, outputPerMillion: 10 } } : variant,
  );
  const lines = estimate({
    ...environment,
    catalogue: { ...environment.catalogue, variants },
    document: deploymentSchema.parse({
      ...mixedDocument,
      expected: { ...mixedDocument.expected, shares: { light: 0.5 } },
    }),
  });
  // Half a million requests of 500 prompt and 100 output tokens.
  expect(lines.at(-1)?.least).toBeCloseTo(0.5e6 * (500 * 1e-6 + 100 * 10e-6));
  expect(total(lines).least).toBeCloseTo(lines.reduce((sum, { least }) => sum + least, 0));
});

it.each([
  ['staging', 'staging'],
  ['production', 'production'],
  ['staging', 'edge-only'],
])('the guide says what %s costs with the document of %s', (name, document) => {
  const { least, most } = total(estimate(loadEnvironment(name, documentPath(document))));
  const dollars = (amount: number) => amount.toLocaleString('en-US', { maximumFractionDigits: 0 });
  const range = dollars(least) === dollars(most) ? dollars(least) : `${dollars(least)} – ${dollars(most)}`;
  const guide = readFileSync('docs/operations.md', 'utf8');
  expect(guide.includes(`| ${range} |`), `the guide should say ${range}`).toBe(true);
});
