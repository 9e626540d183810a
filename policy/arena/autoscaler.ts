import { z } from 'zod';
import type { Agenda } from './agenda.ts';
import type { SimulatedEndpoint } from './simulated-endpoint.ts';

const replicas = z.int().positive().max(1_000);
/** At least a millisecond: what is looked at without a pause leaves no time for anything else. */
const seconds = z.number().min(0.001).max(86_400);
const samples = z.int().positive().max(10_000);

/**
 * Target tracking on concurrency per replica, as SageMaker does it. The defaults are those of its high-resolution
 * metric and of the alarms Application Auto Scaling makes for it; `startS` is what an instance and a large model
 * take to come into service.
 */
export const autoscalingSchema = z
  .strictObject({
    /** Requests at work per replica that the scaling aims at. */
    targetPerReplica: z.number().positive().max(100_000),
    min: replicas.default(1),
    max: replicas,
    /** Replicas at the start; absent: the catalogue's, within the bounds. */
    initial: replicas.optional(),
    /** How often concurrency is looked at. */
    sampleS: seconds.default(10),
    /** Samples in a row above the target until more are started. */
    outAfterSamples: samples.default(3),
    /** Samples in a row below 90 % of the target until some finish what they have and go. */
    inAfterSamples: samples.default(90),
    /** From the decision until a new replica serves. */
    startS: seconds.default(300),
    /** After a change has taken effect, nothing is drained for so long. */
    inCooldownS: z.number().min(0).max(86_400).default(300),
  })
  .refine(({ min, max }) => min <= max, { message: 'expected "min" not to be above "max"', path: ['min'] })
  .refine(({ min, max, initial }) => initial === undefined || (min <= initial && initial <= max), {
    message: 'expected "initial" within "min" and "max"',
    path: ['initial'],
  })
  .readonly();
export type Autoscaling = z.output<typeof autoscalingSchema>;

/** Scale-in waits for a margin, so that the two thresholds do not chase each other. */
const IN_BELOW = 0.9;

/** Replicas an endpoint starts with, when the catalogue says so many. */
export function initialReplicas({ initial, min, max }: Autoscaling, catalogued: number): number {
  return initial ?? Math.min(Math.max(catalogued, min), max);
}

/** Keeps one endpoint's replicas near the target, for as long as the simulation runs. */
export class Autoscaler {
  readonly #policy: Autoscaling;
  readonly #endpoint: SimulatedEndpoint;
  readonly #agenda: Agenda;
  /** Concurrency per replica, the newest last; begun anew with every change. */
  #samples: number[] = [];
  #drainsFromMs = 0;

  constructor(policy: Autoscaling, endpoint: SimulatedEndpoint, agenda: Agenda) {
    this.#policy = policy;
    this.#endpoint = endpoint;
    this.#agenda = agenda;
    this.#sampleLater();
  }

  #sampleLater(): void {
    this.#agenda.changeAt(this.#agenda.nowMs + this.#policy.sampleS * 1_000, () => {
      this.#endpoint.dropDrained();
      // While an endpoint is being changed it takes no further change.
      if (this.#endpoint.count('starting') === 0) this.#sample();
      this.#sampleLater();
    });
  }

  #sample(): void {
    const { targetPerReplica, outAfterSamples, inAfterSamples } = this.#policy;
    this.#samples.push(this.#endpoint.outstanding / Math.max(this.#endpoint.count('serving'), 1));
    if (this.#samples.length > Math.max(outAfterSamples, inAfterSamples)) this.#samples.shift();
    const above = this.#last(outAfterSamples);
    if (above.length > 0 && above.every((value) => value > targetPerReplica)) this.#scaleOut(mean(above));
    const below = this.#last(inAfterSamples);
    if (below.length > 0 && below.every((value) => value < IN_BELOW * targetPerReplica))
      this.#scaleIn(mean(below));
  }

  /** The newest samples, or none where there are not so many. */
  #last(count: number): readonly number[] {
    return this.#samples.length < count ? [] : this.#samples.slice(-count);
  }

  #scaleOut(perReplica: number): void {
    const serving = this.#endpoint.count('serving');
    const bought = serving + this.#endpoint.count('down');
    const more = Math.min(this.#wanted(serving, perReplica) - serving, this.#policy.max - bought);
    if (more <= 0) return;
    this.#changed(this.#policy.startS * 1_000);
    for (let started = 0; started < more; started += 1) {
      const replica = this.#endpoint.startReplica(this.#agenda.nowMs);
      this.#agenda.changeAt(this.#agenda.nowMs + this.#policy.startS * 1_000, () =>
        this.#endpoint.enter(replica),
      );
    }
  }

  #scaleIn(perReplica: number): void {
    if (this.#agenda.nowMs < this.#drainsFromMs) return;
    const serving = this.#endpoint.count('serving');
    const fewer = serving - Math.max(this.#wanted(serving, perReplica), this.#policy.min);
    if (fewer <= 0) return;
    this.#changed(0);
    for (let drained = 0; drained < fewer; drained += 1) this.#endpoint.drainReplica();
  }

  #wanted(serving: number, perReplica: number): number {
    return Math.ceil((serving * perReplica) / this.#policy.targetPerReplica);
  }

  #changed(effectiveInMs: number): void {
    this.#samples = [];
    this.#drainsFromMs = this.#agenda.nowMs + effectiveInMs + this.#policy.inCooldownS * 1_000;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
