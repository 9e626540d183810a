import type { Variant } from '../../src/routing/catalogue.ts';
import { Engine } from '../simulator/engine.ts';
import { Gpu } from '../simulator/gpu.ts';
import { GpuTimeline, type TimelineListener } from '../simulator/gpu-timeline.ts';
import type { Fleet } from './fleet.ts';

/** One request as an endpoint sees it. */
export interface Job {
  /** Unique over all attempts of a simulation. */
  readonly id: number;
  readonly variant: Variant;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** How a server that has not worked for a while begins. */
export interface ColdStart {
  /** The first request, and all that come meanwhile, wait so long. */
  readonly startMs: number;
  /** Idle for so long it is cold again; absent: never. */
  readonly afterIdleMs?: number | undefined;
}

const noColdStart: ColdStart = { startMs: 0 };

/**
 * One server: an engine per variant, on GPUs of its own. It lives under the simulation's clock, but only as far as
 * somebody looks: between its own events and those that concern it, it stands still.
 */
export class SimulatedReplica {
  readonly #timeline: GpuTimeline;
  readonly #engines: ReadonlyMap<string, Engine>;
  readonly #listener: TimelineListener;
  readonly #coldStart: ColdStart;
  readonly #jobs = new Map<number, Job>();
  /** Slow downs at work at the same time; they multiply. */
  readonly #slowdowns: number[] = [];
  /** Jobs that wait for the end of a cold start. */
  #held: Job[] = [];
  #warmAtMs = Number.NEGATIVE_INFINITY;
  #idleSinceMs: number;
  /** Undefined: has to be looked up, because something changed. */
  #nextMs: number | undefined;

  constructor(
    fleet: Fleet,
    variants: readonly Variant[],
    listener: TimelineListener,
    options: {
      readonly nowMs?: number;
      readonly coldStart?: ColdStart | undefined;
      /** Whether it has just been at work. */
      readonly warm?: boolean;
    } = {},
  ) {
    const { nowMs = 0, coldStart = noColdStart, warm = true } = options;
    this.#engines = new Map(variants.map(({ id }) => [id, engineOf(fleet, id)]));
    this.#timeline = new GpuTimeline(new Gpu([...this.#engines.values()]), nowMs);
    this.#coldStart = coldStart;
    this.#idleSinceMs = warm ? nowMs : Number.NEGATIVE_INFINITY;
    this.#listener = {
      firstToken: (id, atMs) => listener.firstToken(id, atMs),
      finished: (id, atMs) => {
        this.#forget(id, atMs);
        listener.finished(id, atMs);
      },
    };
  }

  /** Requests accepted and not finished. */
  get outstanding(): number {
    return this.#jobs.size;
  }

  submit(job: Job, nowMs: number): void {
    const { startMs, afterIdleMs = Number.POSITIVE_INFINITY } = this.#coldStart;
    if (this.#jobs.size === 0 && nowMs - this.#idleSinceMs >= afterIdleMs) this.#warmAtMs = nowMs + startMs;
    this.#jobs.set(job.id, job);
    if (nowMs < this.#warmAtMs) {
      this.#held.push(job);
      this.#nextMs = undefined;
    } else this.#start(job, nowMs);
  }

  /** Forgets a request; an unknown one is ignored. */
  abort(id: number, nowMs: number): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    this.#catchUp(nowMs);
    this.#held = this.#held.filter((held) => held !== job);
    this.#engines.get(job.variant.id)!.abort(id);
    this.#forget(id, nowMs);
  }

  /** Drops everything it has accepted. @returns whose requests these were */
  abortAll(nowMs: number): readonly number[] {
    const ids = [...this.#jobs.keys()];
    for (const id of ids) this.abort(id, nowMs);
    return ids;
  }

  /** The next request finds it cold, however lately it worked. */
  chill(): void {
    this.#idleSinceMs = Number.NEGATIVE_INFINITY;
  }

  slowDown(factor: number, nowMs: number): void {
    this.#slowdowns.push(factor);
    this.#applySlowdowns(nowMs);
  }

  /** Takes back one `slowDown` by the same factor. */
  recover(factor: number, nowMs: number): void {
    const index = this.#slowdowns.indexOf(factor);
    if (index < 0) return;
    this.#slowdowns.splice(index, 1);
    this.#applySlowdowns(nowMs);
  }

  /** When something next happens here, if nobody submits or aborts before; Infinity when nothing will. */
  nextMs(): number {
    this.#nextMs ??= Math.min(
      this.#timeline.lookAhead(),
      this.#held.length > 0 ? this.#warmAtMs : Number.POSITIVE_INFINITY,
    );
    return this.#nextMs;
  }

  /** Lets everything happen that is due by then. */
  run(untilMs: number): void {
    if (this.nextMs() > untilMs) return;
    this.#timeline.run(untilMs, this.#listener);
    this.#nextMs = undefined;
    if (this.#held.length === 0 || this.#warmAtMs > untilMs) return;
    for (const job of this.#held) this.#start(job, untilMs);
    this.#held = [];
  }

  #start(job: Job, nowMs: number): void {
    this.#catchUp(nowMs);
    this.#engines.get(job.variant.id)!.submit(job);
  }

  #forget(id: number, nowMs: number): void {
    this.#jobs.delete(id);
    if (this.#jobs.size === 0) this.#idleSinceMs = nowMs;
  }

  #applySlowdowns(nowMs: number): void {
    this.#catchUp(nowMs);
    this.#timeline.slowDown(this.#slowdowns.reduce((product, factor) => product * factor, 1));
  }

  /** Nothing that anybody is told of lies between, so there is nobody to tell. */
  #catchUp(nowMs: number): void {
    this.#timeline.run(nowMs, this.#listener);
    this.#nextMs = undefined;
  }
}

function engineOf(fleet: Fleet, variant: string): Engine {
  const { coefficients, maxNumSeqs, tokenBudget, overheadMs, kvTokens } = fleet.hardware.get(variant)!;
  return new Engine({
    coefficients,
    maxNumSeqs,
    ...(tokenBudget === undefined ? {} : { tokenBudget }),
    ...(overheadMs === undefined ? {} : { overheadMs }),
    ...(kvTokens === undefined ? {} : { kvTokens }),
  });
}
