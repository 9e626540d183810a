import type { BackendConfig } from '../routing/catalogue.ts';

/** Names of AWS's credentials among the bindings: the ones its own tools use. */
export const awsBindings = {
  accessKeyId: 'AWS_ACCESS_KEY_ID',
  secretAccessKey: 'AWS_SECRET_ACCESS_KEY',
  /** Only temporary credentials have one. */
  sessionToken: 'AWS_SESSION_TOKEN',
} as const;

/** Names of the secrets and bindings without which an endpoint of this backend cannot be called. */
export function requiredBindings(backend: BackendConfig): readonly string[] {
  switch (backend.kind) {
    case 'sagemaker':
      return [awsBindings.accessKeyId, awsBindings.secretAccessKey];
    case 'workers-ai':
      return [backend.binding];
    case 'openai':
      return backend.apiKeySecret === undefined ? [] : [backend.apiKeySecret];
  }
}
