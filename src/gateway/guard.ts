import { withoutKeys } from '../access/api-key.ts';
import { isLoopback } from '../backends/address.ts';
import type { Config } from '../config.ts';
import { limits } from '../limits.ts';
import { show } from '../platform/describe.ts';
import { ApiError, invalid } from './api-error.ts';

/**
 * Turns away what no route should see, whoever sent it.
 * @throws ApiError 403 for another machine in open mode and for pages that may not call, 414 for an endless address,
 * 400 for a key in the address
 */
export function guard(request: Request, { access }: Config): void {
  if (request.url.length > limits.urlCharacters)
    throw new ApiError(
      414,
      'invalid_request_error',
      `the address has more than ${limits.urlCharacters} characters`,
      {
        code: 'address_too_long',
      },
    );
  const url = new URL(request.url);
  if (access.kind === 'open' && !isLoopback(url.hostname)) throw openElsewhere();
  refuseKeyIn(url);
  const origin = request.headers.get('origin');
  if (origin !== null && origin !== url.origin && !access.origins.has(origin)) throw foreign(origin);
}

/** Addresses end up in logs and histories of everything they pass; keys must not. */
function refuseKeyIn(url: URL): void {
  const { pathname, search } = url;
  if (withoutKeys(pathname) !== pathname || withoutKeys(search) !== search) throw keyInAddress();
  if (search === '') return;
  for (const name of url.searchParams.keys())
    if (/^(x[-_])?(api|access)?[-_]?(key|token)$|^auth(orization)?$/i.test(name)) throw keyInAddress();
}

function keyInAddress(): ApiError {
  return invalid(
    'authorization',
    'a key belongs into this header, not into the address; take the one you sent for exposed and rotate it',
    'key_in_address',
  );
}

/** A page elsewhere must not use a gateway that takes everybody on this machine for its user. */
function openElsewhere(): ApiError {
  return new ApiError(
    403,
    'permission_error',
    'ACCESS=open serves this machine only, by a loopback address',
    {
      code: 'open_mode_is_local',
    },
  );
}

function foreign(origin: string): ApiError {
  return new ApiError(403, 'permission_error', `origin: pages of ${show(origin)} may not call`, {
    param: 'origin',
    code: 'origin_not_allowed',
  });
}
