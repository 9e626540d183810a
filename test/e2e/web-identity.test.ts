import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FleetDefinition } from '../../infra/local/definition.ts';
import { type Fleet, startFleet } from '../../infra/local/fleet.ts';
import { generateSigningKey } from '../../infra/provisioning/signing-key.ts';
import { type Gateway, post, startGateway } from '../support/gateway.ts';
import { startTokenService } from '../support/token-service.ts';

const roleArn = 'arn:aws:iam::111122223333:role/invoker';
const temporary = {
  accessKeyId: 'ASIATEMPORARY0000000',
  secretAccessKey: 'a-temporary-secret',
  sessionToken: 'a-session-token/with+signs=',
};

const definition: FleetDefinition = {
  endpoints: [
    {
      id: 'aws',
      protocol: { kind: 'sagemaker', endpointName: 'on-aws', region: 'us-east-1' },
      replicas: 1,
      models: [
        {
          name: 'org/model',
          coefficients: 'H100/llama-3.2-1b',
          contextTokens: 4_096,
          answers: { medianTokens: 10, sigma: 0.1 },
        },
      ],
    },
  ],
};

/** A fleet that takes the temporary credentials only, and a gateway that has no other way to get any. */
let aws: Fleet;
let gateway: Gateway;
let exchanges = 0;

beforeAll(async () => {
  aws = await startFleet({ fleet: definition, credentials: temporary, speed: 50 });
});
afterAll(async () => {
  await gateway?.stop();
  await aws.close();
});

it('a Worker without any key of AWS calls an endpoint there, by a token that AWS checks with its published key', async () => {
  const service = await startTokenService({
    published: (path) => fetch(`${gateway.url}${path}`),
    roleArn,
    credentials: () => {
      exchanges++;
      return temporary;
    },
    nowMs: Date.now,
  });
  gateway = await startGateway({
    fleet: definition,
    catalogue: {
      pool: 'aws',
      endpoints: [
        {
          id: 'aws',
          backend: { kind: 'sagemaker', region: 'us-east-1', endpointName: 'on-aws', url: aws.url },
        },
      ],
      variants: [
        {
          id: 'model',
          endpoint: 'aws',
          model: 'model',
          servedAs: 'org/model',
          contextTokens: 4_096,
          quality: { chat: 1 },
        },
      ],
      tasks: { chat: { slo: {} } },
      defaultTask: 'chat',
    },
    variables: {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_ROLE_ARN: roleArn,
      AWS_WEB_IDENTITY_ISSUER: 'https://gateway.sluice.test',
      AWS_WEB_IDENTITY_KEY: JSON.stringify(generateSigningKey()),
      AWS_ENDPOINT_URL_STS: service.url,
    },
  });
  for (let request = 0; request < 3; request++) {
    const answer = await post(gateway.url, '/v1/chat/completions', {
      model: 'auto',
      messages: [{ role: 'user', content: 'Hello' }],
    });
    expect(answer.status, await answer.clone().text()).toBe(200);
    await answer.arrayBuffer();
  }
  expect(exchanges).toBe(1);
});
