import type { BackendConfig } from '../routing/catalogue.ts';
import type { Bindings } from './bindings.ts';

/** Names of AWS's credentials among the bindings: the ones its own tools use. */
export const awsBindings = {
  accessKeyId: 'AWS_ACCESS_KEY_ID',
  secretAccessKey: 'AWS_SECRET_ACCESS_KEY',
  /** Only temporary credentials have one. */
  sessionToken: 'AWS_SESSION_TOKEN',
  /** The role to be assumed instead, with tokens that the gateway signs itself. */
  roleArn: 'AWS_ROLE_ARN',
  /** Address under which the gateway publishes the key for these tokens. */
  issuer: 'AWS_WEB_IDENTITY_ISSUER',
  /** The private key for them: RSA, as a JSON Web Key. */
  signingKey: 'AWS_WEB_IDENTITY_KEY',
  /** Public keys that are published beside it while keys are exchanged, each until its `exp`: a JSON Web Key Set. */
  otherKeys: 'AWS_WEB_IDENTITY_OTHER_KEYS',
  /** Where AWS's token service is, when not at its own address. */
  tokenServiceUrl: 'AWS_ENDPOINT_URL_STS',
} as const;

/**
 * Names of the secrets and bindings without which an endpoint of this backend cannot be called.
 * @param bindings those that there are: with a role named, AWS needs others
 */
export function requiredBindings(backend: BackendConfig, bindings: Bindings = {}): readonly string[] {
  switch (backend.kind) {
    case 'sagemaker':
      return bindings[awsBindings.roleArn]
        ? [awsBindings.issuer, awsBindings.signingKey]
        : [awsBindings.accessKeyId, awsBindings.secretAccessKey];
    case 'workers-ai':
      return [backend.binding];
    case 'openai':
      return backend.apiKeySecret === undefined ? [] : [backend.apiKeySecret];
  }
}
