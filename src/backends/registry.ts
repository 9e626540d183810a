import { type Clock, wallClock } from '../platform/clock.ts';
import type { BackendConfig } from '../routing/catalogue.ts';
import { awsCredentialSource } from './aws-credentials.ts';
import type { Backend } from './backend.ts';
import { type Bindings, textIn } from './bindings.ts';
import { OpenAiBackend } from './openai.ts';
import { SageMakerBackend } from './sagemaker.ts';
import { type AiBinding, WorkersAiBackend } from './workers-ai.ts';

/** The backend of every kind; `backends[endpoint.backend.kind]` serves an endpoint. */
export type Backends = Readonly<Record<BackendConfig['kind'], Backend>>;

/**
 * One backend per kind. Make them once per isolate: the SageMaker client keeps what its first call costs.
 * Nothing is looked up before a call needs it; `requiredBindings` (in its own file) tells at configuration time what will be.
 */
export function createBackends(bindings: Bindings, clock: Clock = wallClock): Backends {
  const secret = (name: string) => textIn(bindings, name);
  return {
    sagemaker: new SageMakerBackend({ credentials: awsCredentialSource(bindings, clock), clock }),
    'workers-ai': new WorkersAiBackend({ binding: (name) => aiBindingIn(bindings, name) }),
    openai: new OpenAiBackend({ secret, clock }),
  };
}

function aiBindingIn(bindings: Bindings, name: string): AiBinding | undefined {
  const value = bindings[name];
  return isAiBinding(value) ? value : undefined;
}

/** A service binding's methods are made up on access and are callable objects, so no more can be asked of them. */
function isAiBinding(value: unknown): value is AiBinding {
  return typeof value === 'object' && value !== null && 'run' in value;
}
