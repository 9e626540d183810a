import { show } from '../platform/describe.ts';
import { invalid } from './api-error.ts';

/**
 * The client's request id, or a new one. It is echoed in a header and names log lines, so only a plain token is taken.
 * @throws ApiError 400 for anything else
 */
export function readRequestId(headers: Headers): string {
  const given = headers.get('x-request-id');
  if (given === null) return crypto.randomUUID();
  if (/^[A-Za-z0-9._-]{1,128}$/.test(given)) return given;
  throw invalid('x-request-id', `must be 1 to 128 letters, digits, ".", "_" or "-", received ${show(given)}`);
}
