import type { BackendCall } from '../backends/backend.ts';
import { BackendError } from '../backends/failure.ts';
import type { Action } from '../routing/observation.ts';
import type { ChatRequest } from './chat-request.ts';
import type { RequestContext } from './context.ts';
import type { HeldLease } from './held-lease.ts';

/** One try at one variant: its lease, its clock and the one way to call it off. */
export class Attempt {
  readonly action: Action;
  readonly lease: HeldLease | undefined;
  readonly startedAtMs: number;
  readonly #context: RequestContext;
  readonly #controller = new AbortController();
  readonly #onLeave = () => this.#controller.abort(this.#context.clientSignal.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = Infinity;
  #dueMs = Infinity;

  /** @param lease absent when the ledger could not be reached */
  constructor(context: RequestContext, action: Action, lease: HeldLease | undefined) {
    this.#context = context;
    this.action = action;
    this.lease = lease;
    this.startedAtMs = context.gateway.clock();
    if (context.clientSignal.aborted) this.#onLeave();
    else context.clientSignal.addEventListener('abort', this.#onLeave);
  }

  call(body: ChatRequest): BackendCall {
    const { endpoint } = this.action;
    const { requestId, grant } = this.#context;
    const variant = grant === undefined ? this.action.variant : grant.bound(this.action.variant);
    return { endpoint, variant, body, requestId, signal: this.#controller.signal };
  }

  get elapsedMs(): number {
    return this.#context.gateway.clock() - this.startedAtMs;
  }

  /**
   * Calls the attempt off with a `timeout` unless this is called again, or `end`, within the time given. One
   * timer serves a whole stream: it is set anew only when it fires early, or would fire late.
   */
  expectProgressWithin(ms: number): void {
    this.#dueMs = this.#context.gateway.clock() + ms;
    if (this.#dueMs < this.#timerAtMs) this.#setTimer(ms);
  }

  /** Waits for nothing until `expectProgressWithin` is called again. Costs less than setting the timer anew. */
  pauseWaiting(): void {
    this.#dueMs = Infinity;
  }

  /**
   * The answer is whole, or given up: nothing can call it off any more. While the client's signal knew the attempt, all
   * of the request would stay in memory until the next full collection of garbage.
   */
  end(): void {
    this.#context.clientSignal.removeEventListener('abort', this.#onLeave);
    this.#stopTimer();
  }

  /** Calls the upstream off; whatever waits for it rejects with the reason. */
  abort(reason: unknown): void {
    this.end();
    this.#controller.abort(reason);
  }

  #setTimer(ms: number): void {
    this.#stopTimer();
    this.#timerAtMs = this.#context.gateway.clock() + ms;
    this.#timer = setTimeout(() => this.#checkProgress(), Math.ceil(ms));
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timerAtMs = Infinity;
  }

  #checkProgress(): void {
    this.#timerAtMs = Infinity;
    const leftMs = this.#dueMs - this.#context.gateway.clock();
    if (leftMs === Infinity) return;
    if (leftMs > 0) this.#setTimer(leftMs);
    else this.abort(new BackendError({ kind: 'timeout' }, 'no progress within the time allowed'));
  }
}
