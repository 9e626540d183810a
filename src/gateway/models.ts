import type { Policy } from '../access/policy.ts';
import { show } from '../platform/describe.ts';
import type { Catalogue } from '../routing/catalogue.ts';
import { ApiError } from './api-error.ts';
import { allowedVariants } from './permissions.ts';

/** The model name that leaves the choice to the policy. */
export const AUTO_MODEL = 'auto';

export interface Model {
  readonly id: string;
  readonly object: 'model';
  /** Unix time; the catalogue knows none, and clients only require a number. */
  readonly created: 0;
  readonly owned_by: string;
}

/** What a caller may name: the policy's choice, and every model and variant that it may use. */
export function listModels(catalogue: Catalogue, policy: Policy | undefined): readonly Model[] {
  const variants = allowedVariants(catalogue, policy);
  const ids = new Set([AUTO_MODEL, ...variants.flatMap(({ model, id }) => [model, id])]);
  return [...ids].map((id) => ({ id, object: 'model', created: 0, owned_by: catalogue.pool }));
}

/** @throws ApiError 404 when there is no such model */
export function findModel(catalogue: Catalogue, policy: Policy | undefined, id: string): Model {
  const model = listModels(catalogue, policy).find((candidate) => candidate.id === id);
  if (model === undefined) throw modelNotFound(id);
  return model;
}

export function modelNotFound(id: string): ApiError {
  const message = `model: no such model; received ${show(id)}; see GET /v1/models`;
  return new ApiError(404, 'invalid_request_error', message, { param: 'model', code: 'model_not_found' });
}
