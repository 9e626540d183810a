import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from '../credentials.ts';
import { sameText } from './same-text.ts';

/** A request as it has to be signed. */
export interface SignedRequest {
  readonly method: string;
  /** As it came, escapes included. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** Why a signature is not accepted, with AWS's name and words for it. */
export interface SignatureFault {
  readonly type:
    | 'MissingAuthenticationTokenException'
    | 'IncompleteSignatureException'
    | 'UnrecognizedClientException'
    | 'InvalidSignatureException';
  readonly message: string;
}

/** How far the client's clock may be off. */
const maxSkewMs = 5 * 60_000;

const mismatch: SignatureFault = {
  type: 'InvalidSignatureException',
  message:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
    'and signing method. Consult the service documentation for details.',
};
const unknownToken: SignatureFault = {
  type: 'UnrecognizedClientException',
  message: 'The security token included in the request is invalid.',
};

/**
 * Verifies AWS Signature Version 4 by signing the request again.
 * @param nowMs since 1970.
 * @returns undefined when the signature holds.
 */
export async function signatureFault(
  request: SignedRequest,
  credentials: Credentials,
  scope: { readonly region: string; readonly service: string },
  nowMs: number,
): Promise<SignatureFault | undefined> {
  const authorization = request.headers.authorization;
  if (!authorization)
    return { type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' };
  const parts = parseAuthorization(authorization);
  const signedAt = parseDate(textHeader(request.headers, 'x-amz-date'));
  if (parts === undefined || signedAt === undefined) return incomplete(authorization);
  if (parts.accessKeyId !== credentials.accessKeyId) return unknownToken;
  if (!sameText(textHeader(request.headers, 'x-amz-security-token'), credentials.sessionToken ?? ''))
    return unknownToken;
  return (
    scopeFault(parts, scope, signedAt) ??
    skewFault(signedAt, nowMs) ??
    ((await isSignedWith(request, parts, credentials, scope, signedAt)) ? undefined : mismatch)
  );
}

interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const authorizationPattern =
  /^AWS4-HMAC-SHA256 Credential=(?<accessKeyId>[^/,\s]+)\/(?<date>\d{8})\/(?<region>[^/,]+)\/(?<service>[^/,]+)\/aws4_request,\s*SignedHeaders=(?<signedHeaders>[a-z0-9;-]+),\s*Signature=(?<signature>[0-9a-f]{64})$/;

function parseAuthorization(text: string): Authorization | undefined {
  const groups = authorizationPattern.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const {
    accessKeyId = '',
    date = '',
    region = '',
    service = '',
    signedHeaders = '',
    signature = '',
  } = groups;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature };
}

function incomplete(authorization: string): SignatureFault {
  const digest = createHash('sha256').update(authorization).digest('base64');
  return {
    type: 'IncompleteSignatureException',
    message:
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
      "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a " +
      `'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization=${digest}`,
  };
}

function scopeFault(
  parts: Authorization,
  scope: { readonly region: string; readonly service: string },
  signedAt: Date,
): SignatureFault | undefined {
  const message =
    parts.region !== scope.region
      ? 'Credential should be scoped to a valid region. '
      : parts.service !== scope.service
        ? `Credential should be scoped to correct service: '${scope.service}'. `
        : parts.date !== compact(signedAt).slice(0, 8)
          ? `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${parts.date}' != '${compact(signedAt).slice(0, 8)}', from '${compact(signedAt)}'.`
          : undefined;
  return message === undefined ? undefined : { type: 'InvalidSignatureException', message };
}

function skewFault(signedAt: Date, nowMs: number): SignatureFault | undefined {
  const skewMs = signedAt.getTime() - nowMs;
  if (Math.abs(skewMs) <= maxSkewMs) return undefined;
  const now = compact(new Date(nowMs));
  const bound = compact(new Date(nowMs + Math.sign(skewMs) * maxSkewMs));
  const message =
    skewMs < 0
      ? `Signature expired: ${compact(signedAt)} is now earlier than ${bound} (${now} - 5 min.)`
      : `Signature not yet current: ${compact(signedAt)} is still later than ${bound} (${now} + 5 min.)`;
  return { type: 'InvalidSignatureException', message };
}

async function isSignedWith(
  request: SignedRequest,
  parts: Authorization,
  credentials: Credentials,
  scope: { readonly region: string; readonly service: string },
  signedAt: Date,
): Promise<boolean> {
  const url = new URL(request.path, 'http://fleet');
  const signer = new SignatureV4({ ...scope, credentials, sha256: Sha256, applyChecksum: false });
  const names = new Set(parts.signedHeaders);
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: textHeader(request.headers, 'host'),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      // The body's own digest, whatever the client says it is: a body changed on the way is a wrong signature.
      headers: {
        ...Object.fromEntries([...names].map((name) => [name, textHeader(request.headers, name)])),
        ...(names.has('x-amz-content-sha256') && {
          'x-amz-content-sha256': createHash('sha256').update(request.body).digest('hex'),
        }),
      },
      body: request.body,
    },
    { signingDate: signedAt, signableHeaders: names },
  );
  return sameText(parseAuthorization(signed.headers.authorization ?? '')?.signature ?? '', parts.signature);
}

function textHeader(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value.join(',') : value) ?? '';
}

/** `20240131T120000Z`. */
function parseDate(text: string): Date | undefined {
  const fields = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)?.slice(1).map(Number);
  if (fields === undefined) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = fields;
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

function compact(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** SHA-256 in the shape the signer wants it: keyed, it is an HMAC. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(chunk));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('reset: a digest is made once');
  }
}

function bytesOf(chunk: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  return ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array(chunk);
}
