import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type HttpAnswer, HttpError, jsonAnswer } from './wire/refusal.ts';

/** More than any protocol here takes, so that a mistake does not fill the memory. */
const maxBodyBytes = 32 * 1024 * 1024;

/** @throws HttpError 413 for a body of more than 32 MiB */
export async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > maxBodyBytes) throw new HttpError(jsonAnswer(413, { error: 'body: more than 32 MiB' }));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function send(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}

export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Aborts when the client goes away before the answer is complete. */
export function clientGone(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Writes, and waits while the client reads slower than this writes. */
export async function write(response: ServerResponse, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.write(bytes)) return;
  await once(response, 'drain', { signal }).catch(() => {});
}

/** Ends the connection with a TCP reset. */
export function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** Closes the connection once what was written has left, without ending the body. */
export function cut(response: ServerResponse): void {
  response.socket?.destroySoon();
}
