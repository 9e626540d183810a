import { localCredentials } from '../../infra/local/credentials.ts';
import { contractKey } from '../support/contract-fleet.ts';
import { fleetAi } from '../support/fleet-ai.ts';
import { WorkerdRuntime } from '../support/workerd-backends.ts';
import { type BackendFixture, describeBackend, inNode } from './backends.contract.ts';

const bindingOnly = {
  '429 says when to come back': "the binding's errors carry no headers",
  'wrong credentials are misconfigured, and never in the message': 'a binding has no credentials',
  'JSON cut by the connection is truncated':
    'the binding reads the JSON itself, and a connection lost then looks like one that was never made: unavailable',
};

const fixtures: Readonly<Record<string, BackendFixture>> = {
  SageMaker: {
    endpoint: 'sagemaker',
    config: (url) => ({ kind: 'sagemaker', region: 'eu-central-1', endpointName: 'contract', url }),
    bindings: () => ({
      AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    }),
  },
  'OpenAI-compatible': {
    endpoint: 'openai',
    config: (url) => ({ kind: 'openai', baseUrl: `${url}/openai/openai/v1`, apiKeySecret: 'OPENAI_KEY' }),
    bindings: () => ({ OPENAI_KEY: contractKey }),
  },
  'Workers AI, newer models': {
    endpoint: 'workers-ai-newer',
    config: () => ({ kind: 'workers-ai', binding: 'AI' }),
    bindings: (url) => ({ AI: fleetAi(url) }),
    exempt: bindingOnly,
  },
  'Workers AI, older models': {
    endpoint: 'workers-ai-older',
    config: () => ({ kind: 'workers-ai', binding: 'AI' }),
    bindings: (url) => ({ AI: fleetAi(url) }),
    exempt: {
      ...bindingOnly,
      'is complete without [DONE]':
        'their events have no finish reason, so that [DONE] alone tells the end from a cut',
      'brings log probabilities':
        'their answers have no place for them, so the catalogue must not promise them',
      'brings several choices, each to its own end': 'their answers are one text',
    },
  },
};

for (const [name, fixture] of Object.entries(fixtures)) describeBackend(`${name}, in Node`, inNode, fixture);

/** In workerd the binding is the stand-in of the local configuration, in front of the one fleet. */
function withStandIn(fixture: BackendFixture): BackendFixture {
  if (!fixture.endpoint.startsWith('workers-ai')) return fixture;
  return {
    ...fixture,
    exempt: { ...fixture.exempt, 'nobody listening is unavailable': 'the stand-in has one address' },
  };
}

const workerd = new WorkerdRuntime();
for (const [name, fixture] of Object.entries(fixtures))
  describeBackend(`${name}, in workerd`, workerd, withStandIn(fixture));
