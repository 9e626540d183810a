import type { BackendConfig, Endpoint } from '../routing/catalogue.ts';

type Kind = BackendConfig['kind'];

/**
 * The endpoint's backend configuration, of the kind a backend serves. Another kind is a defect of whoever chose the
 * backend, hence the plain `Error`.
 */
export function configOf<K extends Kind>(endpoint: Endpoint, kind: K): Extract<BackendConfig, { kind: K }> {
  if (!isOfKind(endpoint.backend, kind))
    throw new Error(`endpoint ${endpoint.id} has a ${endpoint.backend.kind} backend, not ${kind}`);
  return endpoint.backend;
}

function isOfKind<K extends Kind>(
  config: BackendConfig,
  kind: K,
): config is Extract<BackendConfig, { kind: K }> {
  return config.kind === kind;
}
