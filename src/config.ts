import type { AccessNamespace } from './access/access-client.ts';
import { type AccessConfig, parseAccess } from './access/access-config.ts';
import type { RateLimit } from './access/rate-limit.ts';
import { addressFault } from './backends/address.ts';
import { requiredBindings } from './backends/required-bindings.ts';
import { bundledCatalogues } from './catalogues/index.ts';
import type { ArtifactBucket } from './model/published-policy.ts';
import { describeIssues, show } from './platform/describe.ts';
import type { PoolNamespace } from './pool/pool-client.ts';
import { type BackendConfig, type Catalogue, catalogueSchema } from './routing/catalogue.ts';
import type { AnalyticsDataset } from './telemetry/analytics.ts';

/** The Worker's bindings. Secrets that endpoints name are read from it by name. */
export interface Env {
  readonly POOL: PoolNamespace;
  readonly KEYS: AccessNamespace;
  /** Where one data point per request goes. Absent: nowhere. */
  readonly ANALYTICS?: AnalyticsDataset;
  /** Where a policy may be published that takes the bundled one's place. Absent: there is the bundled one only. */
  readonly ARTIFACTS?: ArtifactBucket;
  /** Holds back a key that asks far too often. Absent: none is. */
  readonly RATE_LIMIT?: RateLimit;
  /** Name of a bundled catalogue, or a whole one as JSON text or object. */
  readonly CATALOGUE?: unknown;
  /** Overrides the catalogue's scorer: a kind, or a scorer as JSON. */
  readonly SCORER?: unknown;
  /** `open` serves without a key, on this machine only. Anything else, or nothing: a key is required. */
  readonly ACCESS?: unknown;
  /** Salted hash of the token that manages the keys: `salt:hash`. Absent: keys cannot be managed. */
  readonly ADMIN_TOKEN_HASH?: unknown;
  /** What all keys together may take, as JSON. */
  readonly SHARED_LIMITS?: unknown;
  /** Comma-separated origins whose pages may call from a browser. Absent: none. */
  readonly CORS_ORIGINS?: unknown;
  /** `console` writes one JSON line per request. */
  readonly RECORDS?: unknown;
  readonly [name: string]: unknown;
}

export interface Config {
  readonly catalogue: Catalogue;
  readonly access: AccessConfig;
  readonly records: 'console' | 'none';
}

/** Everything that is wrong with the configuration, at once. The message holds no secret. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `the configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** Parsing a catalogue costs milliseconds, and an isolate's bindings never change. */
const known = new WeakMap<object, Config>();

/**
 * The configuration in an environment, checked as a whole.
 * @throws ConfigError listing every fault with its path and the received value
 */
export function readConfig(env: Env): Config {
  const cached = known.get(env);
  if (cached !== undefined) return cached;
  const config = parseConfig(env);
  known.set(env, config);
  return config;
}

function parseConfig(env: Env): Config {
  const faults: string[] = [];
  const catalogue = parseCatalogue(env, faults);
  if (catalogue !== undefined) faults.push(...missingBindings(catalogue, env));
  const access = parseAccess(env, faults);
  if (catalogue !== undefined) faults.push(...addressFaults(catalogue, access));
  if (env.RECORDS !== undefined && env.RECORDS !== 'console' && env.RECORDS !== 'none')
    faults.push(`RECORDS: must be "console" or "none", received ${show(env.RECORDS)}`);
  if (catalogue === undefined || faults.length > 0) throw new ConfigError(faults);
  return {
    catalogue,
    access,
    records: env.RECORDS === 'console' ? 'console' : 'none',
  };
}

/**
 * The catalogue that an environment's variables describe, `$NAME` replaced; undefined where they do not.
 * @param faults takes what is wrong with it
 */
export function parseCatalogue(
  env: Readonly<Record<string, unknown>>,
  faults: string[],
): Catalogue | undefined {
  const document = readCatalogue(env.CATALOGUE, faults);
  const scorer = readScorer(env.SCORER, faults);
  if (document === undefined) return undefined;
  const substituted = substitute(document, env, 'CATALOGUE', faults);
  // The override is checked as part of the catalogue, because it names variants of it.
  const whole = scorer === undefined ? substituted : { ...Object(substituted), scorer };
  const parsed = catalogueSchema.safeParse(whole, { reportInput: true });
  if (parsed.success) return parsed.data;
  faults.push(...describeIssues('CATALOGUE', parsed.error, scorer === undefined ? {} : { scorer: 'SCORER' }));
  return undefined;
}

/** A catalogue given by its name, as JSON text or as an object. */
function readCatalogue(value: unknown, faults: string[]): unknown {
  const names = Object.keys(bundledCatalogues).join(', ');
  if (value === undefined || value === '') {
    faults.push(`CATALOGUE: missing; give one of ${names}, or a document as JSON`);
    return undefined;
  }
  if (typeof value !== 'string') return value;
  if (Object.hasOwn(bundledCatalogues, value)) return bundledCatalogues[value];
  return parseJson('CATALOGUE', value, `neither JSON nor one of ${names}`, faults);
}

/** The override of the catalogue's scorer: a kind, or a whole one; undefined where there is none. */
function readScorer(value: unknown, faults: string[]): unknown {
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') return value;
  return value.trimStart().startsWith('{') ? parseJson('SCORER', value, 'not JSON', faults) : { kind: value };
}

function parseJson(name: string, text: string, fault: string, faults: string[]): unknown {
  try {
    return JSON.parse(text);
  } catch {
    faults.push(`${name}: ${fault}, received ${show(text)}`);
    return undefined;
  }
}

/** Fields that hold names of secrets and bindings. Their values belong neither here nor into a message. */
const nameFields = new Set(['apiKeySecret', 'binding']);

/** Replaces `$NAME` in strings by the variable of that name, so that one catalogue serves several environments. */
function substitute(
  value: unknown,
  env: Readonly<Record<string, unknown>>,
  path: string,
  faults: string[],
): unknown {
  if (typeof value === 'string')
    return value.replace(/\$([A-Z][A-Z0-9_]*)/g, (reference, name: string) => {
      const replacement = env[name];
      if (typeof replacement === 'string') return replacement;
      faults.push(`${path}: ${reference} is not set`);
      return reference;
    });
  if (Array.isArray(value))
    return value.map((item, index) => substitute(item, env, `${path}[${index}]`, faults));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      nameFields.has(key) ? item : substitute(item, env, `${path}.${key}`, faults),
    ]),
  );
}

/** Bindings and secrets the catalogue's endpoints need and the environment lacks. */
function missingBindings(catalogue: Catalogue, env: Env): string[] {
  return catalogue.endpoints.flatMap(({ backend }, index) =>
    requiredBindings(backend, env)
      .filter((name) => env[name] === undefined || env[name] === '')
      .map((name) => `CATALOGUE.endpoints[${index}]: needs ${name}, which is not set`),
  );
}

/** Addresses of endpoints that requests, and with them credentials, must not be sent to. */
function addressFaults(catalogue: Catalogue, access: AccessConfig): string[] {
  return catalogue.endpoints.flatMap(({ backend }, index) => {
    const [field, address] = addressOf(backend);
    if (address === undefined) return [];
    const fault = addressFault(address, { plainHttp: access.kind === 'open' });
    return fault === undefined ? [] : [`CATALOGUE.endpoints[${index}].backend.${field}: ${fault}`];
  });
}

function addressOf(backend: BackendConfig): readonly [field: string, address: string | undefined] {
  switch (backend.kind) {
    case 'sagemaker':
      return ['url', backend.url];
    case 'workers-ai':
      return ['binding', undefined];
    case 'openai':
      return ['baseUrl', backend.baseUrl];
  }
}
