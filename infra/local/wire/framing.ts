import { EventStreamCodec } from '@smithy/core/event-streams';

/** How bytes travel inside an HTTP body. */
export interface Framing {
  frame(text: string): Uint8Array;
  /** Bytes that a reader must recognise as damaged; undefined where the framing has nothing to damage. */
  damaged(how: 'bad-crc' | 'truncated'): Uint8Array | undefined;
  /** A failure that the framing itself can express. */
  exception(name: string, message: string): Uint8Array | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const plainFraming: Framing = {
  frame: (text) => encoder.encode(text),
  damaged: () => undefined,
  exception: () => undefined,
};

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : decoder.decode(bytes)),
  (text) => encoder.encode(text),
);

const string = (value: string) => ({ type: 'string', value }) as const;

/** Every so many events one is split over two frames, in the middle, be it in the middle of a character. */
const splitEvery = 3;

/** AWS's event stream, as `InvokeEndpointWithResponseStream` sends it. One for each answer. */
export function eventStreamFraming(): Framing {
  let framed = 0;
  return {
    frame(text) {
      framed += 1;
      const bytes = encoder.encode(text);
      const middle = framed % splitEvery === 0 ? splitPoint(bytes) : 0;
      return Buffer.concat([payloadPart(bytes.subarray(0, middle)), payloadPart(bytes.subarray(middle))]);
    },
    damaged(how) {
      const whole = payloadPart(encoder.encode('data: {"damaged":true}\n\n'));
      if (how === 'truncated') return whole.subarray(0, whole.length - 9);
      return whole.map((byte, index) => (index === whole.length - 1 ? byte ^ 0xff : byte));
    },
    exception(name, message) {
      return codec.encode({
        headers: {
          ':message-type': string('exception'),
          ':exception-type': string(name),
          ':content-type': string('application/json'),
        },
        body: encoder.encode(JSON.stringify({ Message: message, ErrorCode: 'ModelInvocationFailed' })),
      });
    },
  };
}

function payloadPart(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  return codec.encode({
    headers: {
      ':message-type': string('event'),
      ':event-type': string('PayloadPart'),
      ':content-type': string('application/octet-stream'),
    },
    body: bytes,
  });
}

/** Inside the first character of several bytes, if there is one, else in the middle. */
function splitPoint(bytes: Uint8Array): number {
  const continuation = bytes.findIndex((byte) => (byte & 0xc0) === 0x80);
  return continuation > 0 ? continuation : bytes.length >> 1;
}
