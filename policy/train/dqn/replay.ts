import type { Random } from '../../../src/platform/random.ts';
import type { Transition } from './trajectory.ts';

/** Transitions side by side: one row each of `states`, `nextStates` (rows × inputs) and `nextMasks` (rows × outputs). */
export interface Batch {
  readonly rows: number;
  readonly states: Float32Array;
  readonly choices: Uint8Array;
  readonly rewards: Float32Array;
  readonly nextStates: Float32Array;
  /** 1 where a choice is allowed. */
  readonly nextMasks: Uint8Array;
}

export interface ReplayShape {
  readonly inputs: number;
  readonly outputs: number;
}

interface SavedReplay {
  readonly size: number;
  readonly next: number;
  readonly arrays: Readonly<Record<string, Float32Array | Uint8Array>>;
}

const batchFields = ['states', 'choices', 'rewards', 'nextStates', 'nextMasks'] as const;

/** The newest transitions, to be learned from in any order. */
export class Replay {
  readonly #shape: ReplayShape;
  readonly #capacity: number;
  readonly #rows: Batch;
  #size = 0;
  /** Where the next one goes: over the oldest when there is no room left. */
  #next = 0;

  constructor(shape: ReplayShape, capacity: number) {
    this.#shape = shape;
    this.#capacity = capacity;
    this.#rows = emptyBatch(shape, capacity);
  }

  get size(): number {
    return this.#size;
  }

  add({ state, choice, reward, nextState, nextMask }: Transition): void {
    const { inputs, outputs } = this.#shape;
    const { states, choices, rewards, nextStates, nextMasks } = this.#rows;
    const row = this.#next;
    states.set(state, row * inputs);
    choices[row] = choice;
    rewards[row] = reward;
    nextStates.set(nextState, row * inputs);
    for (const [output, isAllowed] of nextMask.entries())
      nextMasks[row * outputs + output] = isAllowed ? 1 : 0;
    this.#next = (row + 1) % this.#capacity;
    this.#size = Math.min(this.#size + 1, this.#capacity);
  }

  /** All there is, newest and oldest where they lie; for a checkpoint. */
  saved(): SavedReplay {
    const arrays: Record<string, Float32Array | Uint8Array> = {};
    for (const field of batchFields) {
      const array = this.#rows[field];
      arrays[`replay.${field}`] = array.subarray(0, (array.length / this.#capacity) * this.#size);
    }
    return { size: this.#size, next: this.#next, arrays };
  }

  restore({ size, next, arrays }: SavedReplay): void {
    for (const field of batchFields) this.#rows[field].set(arrays[`replay.${field}`]!);
    this.#size = size;
    this.#next = next;
  }

  /** Fills a batch with transitions drawn evenly, the same one more than once if it comes so. */
  sample(batch: Batch, random: Random): void {
    for (let to = 0; to < batch.rows; to += 1)
      copyRow(this.#rows, Math.floor(random() * this.#size), batch, to, this.#shape);
  }
}

export function emptyBatch({ inputs, outputs }: ReplayShape, rows: number): Batch {
  return {
    rows,
    states: new Float32Array(rows * inputs),
    choices: new Uint8Array(rows),
    rewards: new Float32Array(rows),
    nextStates: new Float32Array(rows * inputs),
    nextMasks: new Uint8Array(rows * outputs),
  };
}

function copyRow(from: Batch, row: number, to: Batch, toRow: number, { inputs, outputs }: ReplayShape): void {
  to.choices[toRow] = from.choices[row]!;
  to.rewards[toRow] = from.rewards[row]!;
  for (let input = 0; input < inputs; input += 1) {
    to.states[toRow * inputs + input] = from.states[row * inputs + input]!;
    to.nextStates[toRow * inputs + input] = from.nextStates[row * inputs + input]!;
  }
  for (let output = 0; output < outputs; output += 1)
    to.nextMasks[toRow * outputs + output] = from.nextMasks[row * outputs + output]!;
}
