import type { Policy } from '../access/policy.ts';
import { show } from '../platform/describe.ts';
import type { Catalogue, RequestClass, Variant } from '../routing/catalogue.ts';
import { ApiError } from './api-error.ts';

/** The variants a caller may use; all of them in open mode and for a key that names none. */
export function allowedVariants({ variants }: Catalogue, policy: Policy | undefined): readonly Variant[] {
  const named = policy?.variants;
  return named === undefined ? variants : variants.filter(({ id }) => named.includes(id));
}

/** @throws ApiError 403 when the key is not for requests of this class */
export function requireClass(requestClass: RequestClass, task: string, policy: Policy | undefined): void {
  if (policy?.classes?.includes(requestClass) ?? true) return;
  const may = policy!.classes!.join(', ');
  throw forbidden(
    'service_tier',
    `this key is not for the class ${requestClass} (of the tier, or of the task ${task}), only for ${may}`,
    'class_not_allowed',
  );
}

export function modelNotAllowed(model: string): ApiError {
  return forbidden(
    'model',
    `this key may use none of its variants; received ${show(model)}`,
    'model_not_allowed',
  );
}

function forbidden(param: string, message: string, code: string): ApiError {
  return new ApiError(403, 'permission_error', `${param}: ${message}`, { param, code });
}
