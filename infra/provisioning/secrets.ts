import { requiredBindings } from '../../src/backends/required-bindings.ts';
import type { Environment } from '../desired-state/environment.ts';

/** Names of the secrets that only the operator can give. */
export function operatorSecrets({ catalogue }: Environment): readonly string[] {
  const ofEndpoints = catalogue.endpoints.flatMap(({ backend }) =>
    backend.kind === 'openai' ? requiredBindings(backend) : [],
  );
  return [...new Set(['ADMIN_TOKEN_HASH', ...ofEndpoints])];
}
