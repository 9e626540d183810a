import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request as it went over the wire. */
export interface Overheard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Wiretap {
  readonly url: string;
  readonly overheard: readonly Overheard[];
  /** Where requests go on to. */
  target: string;
  close(): Promise<void>;
}

/** Somebody on the way who passes every request on unchanged and keeps it. */
export async function startWiretap(): Promise<Wiretap> {
  const overheard: Overheard[] = [];
  const server = createServer(async (incoming, response) => {
    const { method = '', url: path = '', headers } = incoming;
    const message = { method, path, headers, body: await buffer(incoming) };
    overheard.push(message);
    const outgoing = send(tap.target, message, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
  });
  const tap = { url: await listen(server), overheard, target: '', close: () => close(server) };
  return tap;
}

/** Sends an overheard request, or a forged one, to a server; resolves with the answer's status and text. */
export async function replay(target: string, message: Overheard): Promise<{ status: number; text: string }> {
  return await new Promise((resolve, reject) => {
    send(target, message, async (answer) => {
      resolve({ status: answer.statusCode ?? 0, text: (await buffer(answer)).toString() });
    }).on('error', reject);
  });
}

export interface Trap {
  readonly url: string;
  /** Paths of the requests that followed where they were sent. */
  readonly caught: readonly string[];
  close(): Promise<void>;
}

/**
 * An endpoint that has turned: below `/quoting/401` it refuses with the credentials it was sent, below `/quoting/400`
 * with the prompt as well, below `/quoting/200` so late that the answer has begun. Elsewhere it sends every request on
 * to `/caught`.
 */
export async function startTrap(): Promise<Trap> {
  const caught: string[] = [];
  const server = createServer(async (incoming, response) => {
    const { url: path = '', headers } = incoming;
    if (path.startsWith('/caught')) caught.push(path);
    const sent = headers.authorization;
    if (path.startsWith('/quoting/401')) {
      response.writeHead(401, { 'content-type': 'application/json' });
      return response.end(JSON.stringify({ error: { message: `Incorrect API key provided: ${sent}` } }));
    }
    if (path.startsWith('/quoting')) {
      const { messages } = JSON.parse((await buffer(incoming)).toString());
      const message = `Cannot serve ${messages[0].content} sent with ${sent}`;
      const refusal = JSON.stringify({ error: { message, param: sent, code: sent, status: 400 } });
      if (path.startsWith('/quoting/400'))
        return response.writeHead(400, { 'content-type': 'application/json' }).end(refusal);
      const begun = JSON.stringify({ choices: [{ index: 0, delta: { content: 'word' } }] });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return response.end(`data: ${begun}\n\ndata: ${refusal}\n\n`);
    }
    return response.writeHead(307, { location: `http://${headers.host}/caught` }).end();
  });
  return { url: await listen(server), caught, close: () => close(server) };
}

function send(
  target: string,
  { method, path, headers, body }: Overheard,
  answered: Parameters<typeof request>[2],
) {
  const { hostname, port } = new URL(target);
  const { 'transfer-encoding': _, ...rest } = headers;
  const outgoing = request(
    { hostname, port, method, path, headers: { ...rest, 'content-length': body.byteLength } },
    answered,
  );
  outgoing.end(body);
  return outgoing;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on TCP has an address object.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
