import type { Random } from '../../../src/platform/random.ts';
import { type AdamState, adamState, adamStep, clipLength } from '../../nn/adam.ts';
import { huber, huberGradient } from '../../nn/huber.ts';
import { initialParameters, Network, type NetworkSizes } from '../../nn/network.ts';
import type { Batch } from './replay.ts';

export interface DoubleDqnOptions {
  readonly sizes: NetworkSizes;
  /** Worth of what the next decision earns. */
  readonly gamma: number;
  /** Where the Huber loss turns linear, in units of the reward. */
  readonly huberDelta: number;
  /** Longest gradient a step may take. */
  readonly mostGradient: number;
  /** Share of the way the target network moves to the online one per step. */
  readonly targetRate: number;
}

/**
 * Double DQN (van Hasselt, Guez and Silver 2016): the online network chooses the next action, the target network says
 * what it is worth, so that noise is not taken for value. The target follows the online network slowly.
 */
export class DoubleDqn {
  readonly online: Network;
  readonly target: Network;
  readonly adam: AdamState;
  readonly #options: DoubleDqnOptions;
  readonly #gradients: Float32Array;

  constructor(options: DoubleDqnOptions, random: Random) {
    const parameters = initialParameters(options.sizes, random);
    this.online = new Network(options.sizes, parameters);
    this.target = new Network(options.sizes, parameters.slice());
    this.adam = adamState(parameters.length);
    this.#options = options;
    this.#gradients = new Float32Array(parameters.length);
  }

  /** One step on one batch. @returns the mean loss before it */
  learn(batch: Batch, learningRate: number): number {
    const { huberDelta, mostGradient, targetRate } = this.#options;
    const outputs = this.#options.sizes.at(-1)!;
    const targets = this.#targets(batch, outputs);
    const values = this.online.forward(batch.states, batch.rows);
    const valueGradients = new Float32Array(batch.rows * outputs);
    let loss = 0;
    for (let row = 0; row < batch.rows; row += 1) {
      const at = row * outputs + batch.choices[row]!;
      const error = values[at]! - targets[row]!;
      loss += huber(error, huberDelta) / batch.rows;
      valueGradients[at] = huberGradient(error, huberDelta) / batch.rows;
    }
    this.#gradients.fill(0);
    this.online.backward(valueGradients, batch.rows, this.#gradients);
    clipLength(this.#gradients, mostGradient);
    adamStep(this.adam, this.online.parameters, this.#gradients, learningRate);
    moveTowards(this.target.parameters, this.online.parameters, targetRate);
    return loss;
  }

  /** What each choice should have been valued at: its reward, and the discounted value of the best next choice. */
  #targets({ rows, rewards, nextStates, nextMasks }: Batch, outputs: number): Float32Array {
    const { gamma } = this.#options;
    const chosen = this.online.forward(nextStates, rows);
    const valued = this.target.forward(nextStates, rows);
    return rewards.map((reward, row) => {
      let best = -1;
      for (let at = row * outputs; at < (row + 1) * outputs; at += 1)
        if (nextMasks[at] === 1 && (best < 0 || chosen[at]! > chosen[best]!)) best = at;
      return reward + gamma * valued[best]!;
    });
  }
}

function moveTowards(moving: Network['parameters'], goal: Network['parameters'], share: number): void {
  for (let index = 0; index < moving.length; index += 1)
    moving[index] = moving[index]! + share * (goal[index]! - moving[index]!);
}
