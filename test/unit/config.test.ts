import { describe, expect, it } from 'vitest';
import { ConfigError, type Env, readConfig } from '../../src/config.ts';
import { smallCatalogue } from '../support/small-catalogue.ts';

const env = (variables: Record<string, unknown>) => variables as unknown as Env;
const open = { CATALOGUE: smallCatalogue, ACCESS: 'open' };

function faultsOf(variables: Record<string, unknown>): readonly string[] {
  try {
    readConfig(env(variables));
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('takes a catalogue as an object, as JSON text, and by the name of a bundled one', () => {
    expect(readConfig(env(open)).catalogue.pool).toBe('small');
    expect(readConfig(env({ ...open, CATALOGUE: JSON.stringify(smallCatalogue) })).catalogue.pool).toBe(
      'small',
    );
    expect(faultsOf({ ACCESS: 'open', CATALOGUE: 'nope' })).toEqual([
      expect.stringMatching(/^CATALOGUE: neither JSON nor one of .*received "nope"$/),
    ]);
  });

  it('takes no more replicas than can be meant', () => {
    const withReplicas = (replicas: number) => ({
      ...smallCatalogue,
      endpoints: smallCatalogue.endpoints.map((endpoint) => ({ ...endpoint, replicas })),
    });
    expect(faultsOf({ CATALOGUE: withReplicas(1_001) })[0]).toMatch(
      /^CATALOGUE\.endpoints\[0\]\.replicas: .*<=1000, received 1001$/,
    );
  });

  it('reports every fault at once, each with its path and the received value', () => {
    const broken = {
      ...smallCatalogue,
      endpoints: [{ ...smallCatalogue.endpoints[0], replicas: -1 }],
      variants: [{ ...smallCatalogue.variants[0], quality: { chat: 1.5 } }],
      defaultTask: 7,
      colour: 'blue',
    };
    const faults = faultsOf({
      CATALOGUE: broken,
      SCORER: 'fastest',
      RECORDS: 'disk',
      ACCESS: 'maybe',
      ADMIN_TOKEN_HASH: 'abc',
      SHARED_LIMITS: '{"requestsPerMinute":0}',
      CORS_ORIGINS: 'https://app.example.com/path',
    });
    const expected = [
      /^CATALOGUE\.endpoints\[0\]\.replicas: .*received -1$/,
      /^CATALOGUE\.variants\[0\]\.quality\.chat: .*received 1\.5$/,
      /^CATALOGUE\.defaultTask: Invalid input: expected string, received 7$/,
      /^CATALOGUE: .*colour/,
      /^SCORER\.kind: .*received/,
      /^RECORDS: .*received "disk"$/,
      /^ACCESS: .*received "maybe"$/,
      /^ADMIN_TOKEN_HASH: must be/,
      /^SHARED_LIMITS\.requestsPerMinute: .*received 0$/,
      /^CORS_ORIGINS: .*received "https:\/\/app.example.com\/path"$/,
    ];
    for (const pattern of expected) expect(faults).toContainEqual(expect.stringMatching(pattern));
    expect(faults).toHaveLength(expected.length);
  });

  it('reports references that lead nowhere beside values that cannot be', () => {
    const broken = {
      ...smallCatalogue,
      endpoints: [{ ...smallCatalogue.endpoints[0], replicas: -1 }],
      variants: [{ ...smallCatalogue.variants[0], endpoint: 'gone', quality: { chat: 1.5, code: 1 } }],
      defaultTask: 'poetry',
      scorer: { kind: 'static', variant: 'lost' },
    };
    expect(faultsOf({ CATALOGUE: broken })).toEqual([
      expect.stringMatching(/endpoints\[0\]\.replicas: .*received -1$/),
      expect.stringMatching(/variants\[0\]\.quality\.chat: .*received 1\.5$/),
      expect.stringMatching(/variants\[0\]\.endpoint: no such endpoint; known: .*received "gone"$/),
      expect.stringMatching(/defaultTask: no such task; known: .*received "poetry"$/),
      expect.stringMatching(/scorer\.variant: no such variant; known: .*received "lost"$/),
    ]);
  });

  it('reports references that lead nowhere', () => {
    const broken = {
      ...smallCatalogue,
      variants: [
        { ...smallCatalogue.variants[0], endpoint: 'gone', quality: { chat: 0.5 } },
        smallCatalogue.variants[1],
        smallCatalogue.variants[1],
      ],
      defaultTask: 'poetry',
      scorer: { kind: 'static', variant: 'huge' },
    };
    expect(faultsOf({ ...open, CATALOGUE: broken })).toEqual([
      'CATALOGUE.variants[2].id: used twice, received "small"',
      'CATALOGUE.variants[0].endpoint: no such endpoint; known: big, fast, received "gone"',
      'CATALOGUE.variants[0].quality.code: missing',
      'CATALOGUE.defaultTask: no such task; known: chat, code, received "poetry"',
      'CATALOGUE.scorer.variant: no such variant; known: large, small, received "huge"',
    ]);
  });

  it('substitutes variables of the environment into the catalogue', () => {
    const backend = { kind: 'openai', baseUrl: '$FLEET_URL/v1' };
    const endpoints = smallCatalogue.endpoints.map((endpoint) => ({ ...endpoint, backend }));
    const CATALOGUE = { ...smallCatalogue, endpoints };
    const { catalogue } = readConfig(env({ ...open, CATALOGUE, FLEET_URL: 'http://127.0.0.1:9' }));
    expect(catalogue.endpoints[0]?.backend).toMatchObject({ baseUrl: 'http://127.0.0.1:9/v1' });
    expect(faultsOf({ ...open, CATALOGUE })).toContain(
      'CATALOGUE.endpoints[0].backend.baseUrl: $FLEET_URL is not set',
    );
  });

  it('reports bindings and secrets that endpoints need and nobody set, never their values', () => {
    const backends = [
      { kind: 'sagemaker', region: 'us-east-1', endpointName: 'e' },
      { kind: 'openai', baseUrl: 'http://127.0.0.1', apiKeySecret: 'VLLM_KEY' },
    ];
    const endpoints = smallCatalogue.endpoints.map((endpoint, index) => ({
      ...endpoint,
      backend: backends[index],
    }));
    const faults = faultsOf({
      ...open,
      CATALOGUE: { ...smallCatalogue, endpoints },
      AWS_ACCESS_KEY_ID: 'AKIASECRET',
    });
    expect(faults).toEqual([
      'CATALOGUE.endpoints[0]: needs AWS_SECRET_ACCESS_KEY, which is not set',
      'CATALOGUE.endpoints[1]: needs VLLM_KEY, which is not set',
    ]);
  });

  it('never puts a secret into a message, also when its variable stands where its name belongs', () => {
    const endpoints = smallCatalogue.endpoints.map((endpoint) => ({
      ...endpoint,
      backend: { kind: 'openai', baseUrl: 'http://127.0.0.1', apiKeySecret: '$VLLM_KEY' },
    }));
    const faults = faultsOf({ ...open, CATALOGUE: { ...smallCatalogue, endpoints }, VLLM_KEY: 'sk-live' });
    expect(faults).toContain('CATALOGUE.endpoints[0]: needs $VLLM_KEY, which is not set');
    expect(faults.join()).not.toContain('sk-live');
  });

  it('checks the variants a scorer names, in the catalogue and in the override', () => {
    const gone =
      /^SCORER\.(variant|caps\.gone|(fallback\.)?perVariant\.gone): no such variant; known: .*, received "gone"$/;
    for (const SCORER of [
      { kind: 'static', variant: 'gone' },
      { kind: 'in-flight-caps', caps: { gone: 1 } },
      { kind: 'shadow-price', perVariant: { gone: { alpha: 1, beta: 1 } } },
      { kind: 'learned', fallback: { perVariant: { gone: { alpha: 1, beta: 1 } } } },
    ])
      expect(faultsOf({ ...open, SCORER: JSON.stringify(SCORER) })).toEqual([expect.stringMatching(gone)]);
  });

  it('takes no name that every object has for a bundled catalogue or a task', () => {
    expect(faultsOf({ ...open, CATALOGUE: 'toString' })[0]).toMatch(/^CATALOGUE: neither JSON nor one of/);
    expect(faultsOf({ ...open, CATALOGUE: { ...smallCatalogue, defaultTask: 'constructor' } })[0]).toMatch(
      /^CATALOGUE\.defaultTask: no such task/,
    );
  });

  it('wants keys unless it is told to be open', () => {
    expect(readConfig(env({ CATALOGUE: smallCatalogue })).access.kind).toBe('keys');
    expect(readConfig(env(open)).access.kind).toBe('open');
  });

  it('never repeats what stands where the hash of the admin’s token belongs', () => {
    const token = `sl_admin_${'s'.repeat(43)}`;
    const faults = faultsOf({ ...open, ADMIN_TOKEN_HASH: token });
    expect(faults).toEqual([expect.stringMatching(/^ADMIN_TOKEN_HASH: must be/)]);
    expect(faults.join()).not.toContain('ssss');
  });

  describe('an endpoint’s address', () => {
    const faultsAt = (baseUrl: string, variables: object = {}) => {
      const endpoints = smallCatalogue.endpoints.map((endpoint) => ({
        ...endpoint,
        backend: { kind: 'openai', baseUrl },
      }));
      return faultsOf({ CATALOGUE: { ...smallCatalogue, endpoints }, ...variables });
    };

    it.each([
      'http://169.254.169.254/latest/meta-data/iam',
      'http://[fd00:ec2::254]/v1',
      'http://[::ffff:169.254.169.254]/v1',
      'http://0xa9fea9fe/v1',
      'https://metadata.google.internal/v1',
      'https://metadata.google.internal./v1',
      'https://instance-data.ec2.internal/v1',
      'https://169.254.169.254./v1',
      'https://user:hunter2@gpu.example.com/v1',
      'https://gpu.example.com/v1?key=secret',
      'http://gpu.example.com/v1',
      'file:///etc/passwd',
      'javascript:alert(1)',
    ])('%s is refused, and not repeated', (address) => {
      const faults = faultsAt(address);
      expect(faults).toHaveLength(2);
      expect(faults[0]).toMatch(/^CATALOGUE\.endpoints\[0\]\.backend\.baseUrl: /);
      expect(faults.join()).not.toMatch(/hunter2|key=|passwd/);
    });

    it('may be encrypted or on this machine, and in open mode on a network of one’s own', () => {
      expect(faultsAt('https://gpu.example.com/v1')).toEqual([]);
      expect(faultsAt('http://127.0.0.1:9/v1')).toEqual([]);
      expect(faultsAt('http://10.0.0.5:8000/v1', { ACCESS: 'open' })).toEqual([]);
      expect(faultsAt('http://10.0.0.5:8000/v1')).toHaveLength(2);
    });

    it('takes no region for a host name', () => {
      const backend = { kind: 'sagemaker', region: 'us-east-1.evil.example/', endpointName: 'e' };
      const endpoints = smallCatalogue.endpoints.map((endpoint) => ({ ...endpoint, backend }));
      const faults = faultsOf({ ...open, CATALOGUE: { ...smallCatalogue, endpoints } });
      expect(faults[0]).toMatch(/^CATALOGUE\.endpoints\[0\]\.backend\.region: .*us-east-1/);
    });
  });

  it('says of each variable what it takes', () => {
    expect(faultsOf({ ...open, SCORER: '{"kind":' })).toEqual(['SCORER: not JSON, received "{\\"kind\\":"']);
    expect(faultsOf({ ...open, CORS_ORIGINS: ['https://app.example.com'] })).toEqual([
      expect.stringMatching(/^CORS_ORIGINS: .*received \["https:\/\/app\.example\.com"\]$/),
    ]);
  });

  it('takes a scorer by its kind or with its parameters', () => {
    expect(readConfig(env({ ...open, SCORER: 'largest-on-time' })).catalogue.scorer).toEqual({
      kind: 'largest-on-time',
      confidence: 0.9,
    });
    const SCORER = '{"kind":"shadow-price","alpha":1}';
    expect(readConfig(env({ ...open, SCORER })).catalogue.scorer).toMatchObject({
      kind: 'shadow-price',
      alpha: 1,
    });
  });
});
