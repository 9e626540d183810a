import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { show } from '../../src/platform/describe.ts';
import { CommandError } from '../command-line/command-error.ts';

type Numbers = Float32Array | Uint8Array;
const kinds = { float32: Float32Array, uint8: Uint8Array } as const;

/** Everything a training needs to go on: a document, and the numbers too many for one. */
export interface Saved<Document> {
  readonly document: Document;
  readonly arrays: Readonly<Record<string, Numbers>>;
}

interface Header<Document> {
  /** What it is the state of; another training must not go on from it. */
  readonly task: object;
  readonly document: Document;
  readonly arrays: readonly {
    readonly name: string;
    readonly kind: keyof typeof kinds;
    readonly length: number;
  }[];
}

/**
 * A file that a training keeps its state in: one line of JSON, then the arrays' bytes one after the other, in the
 * machine's own order. Written and read by the same program, so the document's form is taken on trust.
 */
export class Checkpoint<Document> {
  readonly path: string;
  readonly #task: object;

  /** @param task everything the training's result depends on; plain data */
  constructor(path: string, task: object) {
    this.path = path;
    this.#task = task;
  }

  write({ document, arrays }: Saved<Document>): void {
    const header: Header<Document> = {
      task: this.#task,
      document,
      arrays: Object.entries(arrays).map(([name, { length, BYTES_PER_ELEMENT }]) => ({
        name,
        kind: BYTES_PER_ELEMENT === 1 ? 'uint8' : 'float32',
        length,
      })),
    };
    const parts = Object.values(arrays).map(({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer, byteOffset, byteLength),
    );
    mkdirSync(dirname(this.path), { recursive: true });
    // Renamed into place: whoever stops the training stops it with one whole state or the other.
    writeFileSync(`${this.path}.new`, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...parts]));
    renameSync(`${this.path}.new`, this.path);
  }

  /** @throws CommandError when there is none, or one of another task */
  read(): Saved<Document> {
    const bytes = this.#bytes();
    const end = bytes.indexOf('\n');
    const header: Header<Document> = JSON.parse(bytes.toString('utf8', 0, end));
    if (!isDeepStrictEqual(header.task, JSON.parse(JSON.stringify(this.#task))))
      throw new CommandError(
        `--resume: ${this.path} is of another training, ${show(header.task)}; this one is ${show(this.#task)}`,
      );
    const arrays: Record<string, Numbers> = {};
    let at = end + 1;
    for (const { name, kind, length } of header.arrays) {
      const size = length * kinds[kind].BYTES_PER_ELEMENT;
      // A copy, since views of four bytes each may begin at multiples of four only.
      arrays[name] = new kinds[kind](Uint8Array.from(bytes.subarray(at, at + size)).buffer);
      at += size;
    }
    return { document: header.document, arrays };
  }

  #bytes(): Buffer {
    try {
      return readFileSync(this.path);
    } catch (error) {
      throw new CommandError(`--resume: no checkpoint at ${this.path}`, { cause: error });
    }
  }
}
