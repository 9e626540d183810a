/**
 * What every answer says to a browser: take it for nothing but what it is, keep no copy, show it in no frame, send
 * nobody its address. Pages of the gateway's own set a policy of their own.
 */
export const protectiveHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** For two years no request goes unencrypted; only said where this one did not. */
const transportSecurity = 'max-age=63072000; includeSubDomains';

/**
 * What a page of another origin may send: whatever its client does, the official one a dozen headers of its own. `*`
 * stands for all but `authorization` (fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name).
 */
const allowedHeaders = 'authorization, *';

/** What of ours it may read, beside what every page may. */
const exposedHeaders =
  'x-request-id, x-route-endpoint, x-route-variant, x-route-reason, server-timing, retry-after, x-should-retry, ' +
  'x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, ' +
  'x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens';

/**
 * The headers of every answer to this request, beside its own.
 * @param origins those whose pages may call
 */
export function commonHeaders(
  request: Request,
  origins: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  const origin = request.headers.get('origin');
  const isEncrypted = request.url.startsWith('https:');
  if (origin === null && !isEncrypted) return protectiveHeaders;
  return {
    ...protectiveHeaders,
    ...(isEncrypted && { 'strict-transport-security': transportSecurity }),
    ...(origin !== null && origins.has(origin) && corsHeaders(origin)),
  };
}

function corsHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': exposedHeaders,
    vary: 'origin',
  };
}

/** What a browser is told that asks whether a page of an origin that may call may send a request. */
export const preflightHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'GET, HEAD, POST',
  'access-control-allow-headers': allowedHeaders,
  'access-control-max-age': '600',
};
