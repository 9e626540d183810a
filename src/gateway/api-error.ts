import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { withoutKeys } from '../access/api-key.ts';
import { shorten } from '../platform/describe.ts';

type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'rate_limit_error'
  | 'insufficient_quota'
  | 'api_error'
  | 'configuration_error';

/** With nginx's own word for a client that has gone, which no standard has. */
type Status = ContentfulStatusCode | 499;

/** An error as it goes to the client, in the shape of OpenAI's `ErrorResponse`. */
export class ApiError extends Error {
  readonly status: Status;
  readonly type: ErrorType;
  readonly code: string | null;
  /** The field at fault: a path in the body, or a header's name. */
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: Status,
    type: ErrorType,
    message: string,
    details: {
      readonly code?: string | undefined;
      readonly param?: string | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
    } = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.type = type;
    this.code = details.code ?? null;
    this.param = details.param ?? null;
    this.headers = details.headers ?? {};
  }

  toBody(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    // A key may stand where a model's name or a header's value was expected.
    const message = withoutKeys(this.message);
    return { error: { message, type: this.type, param: this.param, code: this.code } };
  }
}

/**
 * A 400 that names the field and says what was received.
 * @param path of the field; clients choose names, of any length
 */
export function invalid(path: string, message: string, code = 'invalid_value'): ApiError {
  const param = shorten(path, 200);
  return new ApiError(400, 'invalid_request_error', `${param}: ${message}`, { param, code });
}
