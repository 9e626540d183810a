import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * Sends bytes as they are, which no HTTP client would, and reads one answer: up to the end of the connection, so send
 * `connection: close`. Rejects when the connection ends without an answer.
 */
export async function exchange(url: string, bytes: string | Uint8Array): Promise<RawAnswer> {
  const socket = await open(url);
  socket.write(bytes);
  let text = '';
  socket.setEncoding('latin1');
  try {
    for await (const chunk of socket) text += chunk;
  } catch (error) {
    // A server that has answered may reset the connection over the rest of what it was sent.
    if (text === '') throw error;
  }
  return parse(text);
}

/** A connection to the server of a URL. */
export async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

/** Head of a POST of JSON, up to its body; `lines` are further header lines, unchecked. */
export function head(path: string, lines: readonly string[]): string {
  return [
    `POST ${path} HTTP/1.1`,
    'host: localhost',
    'connection: close',
    'content-type: application/json',
    ...lines,
    '',
    '',
  ].join('\r\n');
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  if (end === -1 || Number.isNaN(status)) throw new Error(`no HTTP answer: ${JSON.stringify(text)}`);
  const headers = new Map(lines.map((line) => splitAt(line, line.indexOf(':'))));
  return { status, headers, body: text.slice(end + 4) };
}

function splitAt(line: string, colon: number): [string, string] {
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
