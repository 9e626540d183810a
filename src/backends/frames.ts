import type { SageMakerRuntimeClientConfig } from '@aws-sdk/client-sagemaker-runtime';
import { EventStreamCodec } from '@smithy/core/event-streams';
import { concatenate } from '../platform/bytes.ts';
import { isRecord } from './upstream-error.ts';

type Provider = NonNullable<SageMakerRuntimeClientConfig['eventStreamSerdeProvider']>;
type Message = ReturnType<EventStreamCodec['decode']>;
type Deserializer<T> = (event: Record<string, Message>) => Promise<T>;

/** Largest frame of AWS's event stream encoding: 24 MiB of payload and 128 KiB of headers. */
const maxFrameBytes = 24 * 1_048_576 + 131_072 + 16;

/** Length of the whole frame, length of the headers, and the checksums of both and of everything. */
const minFrameBytes = 16;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Keeps no state between messages: only its encoding half would. */
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : decoder.decode(bytes)),
  (text) => encoder.encode(text),
);

/**
 * Reads response streams for the SDK, with its own codec: the payload parts of one network read become one part. The
 * SDK takes each frame through six asynchronous generators by itself (10 µs, as much as all the rest of reading a
 * token), and whoever forwards the tokens would have to take a step for each, too.
 */
export const partsPerRead: Provider = () => ({
  deserialize: readMessages,
  serialize() {
    throw new Error('SageMaker takes no event stream');
  },
});

/** Throws what an exception frame holds, and a plain `Error` for a damaged one. */
async function* readMessages<T>(
  body: ReadableStream<Uint8Array>,
  deserialize: Deserializer<T>,
): AsyncGenerator<T> {
  const frames = new FrameSplitter();
  for await (const bytes of body)
    for (const message of withPartsJoined(frames.push(bytes))) {
      const shaped = await shape(message, deserialize);
      // A kind of event from after this client was written.
      if (!(isRecord(shaped) && '$unknown' in shaped)) yield shaped;
    }
  frames.end();
}

async function shape<T>(message: Message, deserialize: Deserializer<T>): Promise<T> {
  switch (headerOf(message, ':message-type')) {
    case 'event':
      return deserialize({ [headerOf(message, ':event-type')]: message });
    case 'exception':
      throw await exceptionIn(message, deserialize);
    default:
      throw named(headerOf(message, ':error-code'), headerOf(message, ':error-message'));
  }
}

async function exceptionIn<T>(message: Message, deserialize: Deserializer<T>): Promise<Error> {
  const name = headerOf(message, ':exception-type');
  const shaped = await deserialize({ [name]: message });
  const modelled = isRecord(shaped) ? shaped[name] : undefined;
  return modelled instanceof Error ? modelled : named(name, decoder.decode(message.body));
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function headerOf(message: Message, name: string): string {
  return String(message.headers[name]?.value ?? '');
}

/** The messages, with each run of payload parts as one; also the run before a damaged frame, which then throws. */
function* withPartsJoined(messages: Iterable<Message>): Generator<Message> {
  let parts: Message[] = [];
  let damage: { readonly error: unknown } | undefined;
  try {
    for (const message of messages) {
      if (headerOf(message, ':event-type') === 'PayloadPart') parts.push(message);
      else {
        yield* joined(parts);
        parts = [];
        yield message;
      }
    }
  } catch (error) {
    damage = { error };
  }
  yield* joined(parts);
  if (damage) throw damage.error;
}

function joined(parts: readonly Message[]): readonly Message[] {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return parts;
  return [{ headers: first.headers, body: concatenate(parts.map(({ body }) => body)) }];
}

/** Frames out of bytes that are cut anywhere. */
class FrameSplitter {
  #rest = new Uint8Array();

  /** The frames these bytes complete, decoded as they are taken; throws at one that is damaged. */
  *push(bytes: Uint8Array): Generator<Message> {
    let left = this.#rest.byteLength === 0 ? bytes : concatenate([this.#rest, bytes]);
    for (let size = sizeOf(left); size !== undefined && size <= left.byteLength; size = sizeOf(left)) {
      const frame = left.subarray(0, size);
      left = left.subarray(size);
      yield codec.decode(frame);
    }
    this.#rest = new Uint8Array(left);
  }

  end(): void {
    if (this.#rest.byteLength > 0) throw new Error('the stream ended inside a frame');
  }
}

/** Size of the frame that begins here; undefined while it is not known. */
function sizeOf(bytes: Uint8Array): number | undefined {
  if (bytes.byteLength < 4) return undefined;
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (size < minFrameBytes || size > maxFrameBytes) throw new Error(`a frame of ${size} bytes`);
  return size;
}
