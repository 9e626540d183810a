import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { parentPort } from 'node:worker_threads';
import { jsonAnswer, streamAnswer } from './traffic.ts';

/**
 * A model server without delay, in a thread of its own. Posts its port once it listens.
 */
const server = createServer(async (request, response) => {
  const body = await buffer(request);
  if (body.includes('"stream":true')) sendStream(response);
  else
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': jsonAnswer.byteLength })
      .end(jsonAnswer);
});

/** One network write per chunk, each in a turn of its own: what is written in one turn leaves as one. */
function sendStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let next = 0;
  const send = () => {
    const chunk = streamAnswer[next++]!;
    if (next === streamAnswer.length) response.end(chunk);
    else {
      response.write(chunk);
      setImmediate(send);
    }
  };
  send();
}

server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => {
  // A server that listens on TCP has an address object.
  parentPort?.postMessage((server.address() as AddressInfo).port);
});
