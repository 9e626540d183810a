import { describe, expect, it } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { parseAccess } from '../../src/access/access-config.ts';

function settings(env?: string) {
  return unstable_readConfig({ config: 'wrangler.toml', ...(env && { env }) }, { hideWarnings: true });
}

/** Bindings, sorted: their order means nothing. */
function objects(env?: string): string[] {
  return settings(env)
    .durable_objects.bindings.map(
      ({ name, class_name }: { name: string; class_name: string }) => `${name}: ${class_name}`,
    )
    .toSorted();
}

describe.each(['staging', 'production'])('the Worker of %s', (env) => {
  it('has the same Durable Objects as everywhere, and a migration for each', () => {
    expect(objects(env)).toEqual(objects());
    const migrated = settings(env).migrations.flatMap(({ new_sqlite_classes = [] }) => new_sqlite_classes);
    for (const { class_name } of settings(env).durable_objects.bindings)
      expect(migrated).toContain(class_name);
  });

  it('is reached at its own name only, and asks for keys', () => {
    const { workers_dev, preview_urls, routes, vars } = settings(env);
    expect({ workers_dev, preview_urls }).toEqual({ workers_dev: false, preview_urls: false });
    expect(routes).toEqual([{ pattern: expect.any(String), custom_domain: true }]);
    expect(vars.ACCESS).toBeUndefined();
  });

  it('bounds what all keys together may take', () => {
    const faults: string[] = [];
    const { sharedLimits } = parseAccess(settings(env).vars, faults);
    expect(faults).toEqual([]);
    expect(sharedLimits).toEqual({
      requestsPerMinute: expect.any(Number),
      tokensPerMinute: expect.any(Number),
    });
  });

  it('is watched, and placed near what it waits for', () => {
    const { observability, placement } = settings(env);
    expect(observability?.enabled).toBe(true);
    expect(placement).toEqual({ mode: 'smart' });
  });
});

it('staging and production share no name', () => {
  const names = (env: string) => {
    const { name, routes, r2_buckets, analytics_engine_datasets, ratelimits, vars } = settings(env);
    return [
      name,
      JSON.stringify(routes),
      vars.STAGE,
      ...r2_buckets.map(({ bucket_name }: { bucket_name: string }) => bucket_name),
      ...analytics_engine_datasets.map(({ dataset }: { dataset: string }) => dataset),
      ...ratelimits.map(({ namespace_id }: { namespace_id: string }) => namespace_id),
    ];
  };
  const staging = names('staging');
  for (const name of names('production')) expect(staging).not.toContain(name);
});
