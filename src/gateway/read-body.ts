import { limits } from '../limits.ts';
import { concatenate } from '../platform/bytes.ts';
import { show } from '../platform/describe.ts';
import { duplicateField } from '../platform/duplicate-field.ts';
import { ApiError, invalid } from './api-error.ts';
import { unsendable } from './unsendable.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * The JSON value of a request's body.
 * @throws ApiError 415 for an encoded one, 413 beyond the limit, 400 for bytes that are not UTF-8, not JSON, name a field
 * twice, or hold a value that no model server can be sent
 */
export async function readJson(request: Request): Promise<unknown> {
  refuseEncoded(request.headers);
  const text = decode(await readBounded(request));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(
      'body',
      `not valid JSON: ${error instanceof Error ? error.message : 'unreadable'}`,
      'invalid_json',
    );
  }
  const fault = unsendable(value);
  if (fault !== undefined) throw invalid(fault.path, fault.message);
  const twice = duplicateField(text);
  if (twice !== undefined) throw invalid(twice, 'given twice in the same object', 'duplicate_field');
  return value;
}

/** A few kilobytes of a compressed body may hold gigabytes, and hardly any client compresses what it asks. */
function refuseEncoded(headers: Headers): void {
  const encoding = headers.get('content-encoding');
  if (encoding === null || encoding.toLowerCase() === 'identity') return;
  const message = `content-encoding: bodies are taken as they are, received ${show(encoding)}`;
  throw new ApiError(415, 'invalid_request_error', message, {
    param: 'content-encoding',
    code: 'unsupported_encoding',
    headers: { 'accept-encoding': 'identity' },
  });
}

async function readBounded(request: Request): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > limits.bodyBytes) throw tooLarge(declared);
  if (request.body === null) throw invalid('body', 'missing');
  return declared > 0 ? await readDeclared(request) : await readParts(request.body);
}

/** A body whose length is known and bounded is read in one go, which costs a third of reading it in parts. */
async function readDeclared(request: Request): Promise<Uint8Array> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch {
    throw invalid('body', 'ended early', 'incomplete_body');
  }
}

async function readParts(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of body as unknown as AsyncIterable<Uint8Array>) {
      size += part.byteLength;
      if (size > limits.bodyBytes) throw tooLarge(size);
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw invalid('body', `ended early, after ${size} bytes`, 'incomplete_body');
  }
  return parts.length === 1 ? parts[0]! : concatenate(parts);
}

function tooLarge(bytes: number): ApiError {
  return new ApiError(
    413,
    'invalid_request_error',
    `body: at most ${limits.bodyBytes} bytes, received ${bytes}`,
    {
      param: 'body',
      code: 'body_too_large',
    },
  );
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw invalid('body', 'not valid UTF-8', 'invalid_encoding');
  }
}
