import type { Catalogue } from '../../src/routing/catalogue.ts';
import type { Outcome } from './simulation.ts';

/** The bench's measures of one run. Shares are of all requests that arrived. */
export interface Measures {
  readonly requests: number;
  /** Σ quality of on-time answers / Σ best quality any model has on the task. */
  readonly utility: number;
  readonly onTime: number;
  /** Share of one-second windows with utility at or above 96 % and 98 % of peak. */
  readonly f96: number;
  readonly f98: number;
  readonly shed: number;
  readonly failed: number;
}

const WINDOW_MS = 1_000;

/** The best quality any model of the catalogue has, by task. */
export function peaksOf({ tasks, variants }: Catalogue): ReadonlyMap<string, number> {
  return new Map(
    Object.keys(tasks).map((task) => [task, Math.max(...variants.map(({ quality }) => quality[task] ?? 0))]),
  );
}

/** Adds up outcomes by the window in which their request arrived. */
export class Scoreboard {
  readonly #peaks: ReadonlyMap<string, number>;
  readonly #windows: { utility: number; peak: number }[] = [];
  #requests = 0;
  #onTime = 0;
  #shed = 0;
  #failed = 0;

  /** @param catalogue whose best quality per task is the peak: that of the whole ladder, also for static fleets */
  constructor(catalogue: Catalogue) {
    this.#peaks = peaksOf(catalogue);
  }

  add(outcome: Outcome): void {
    const { request } = outcome;
    const window = this.#windowAt(request.arrivalMs);
    window.peak += this.#peaks.get(request.task) ?? 0;
    this.#requests += 1;
    if (outcome.kind === 'shed') this.#shed += 1;
    if (outcome.kind === 'failed') this.#failed += 1;
    if (outcome.kind !== 'served' || !outcome.onTime) return;
    window.utility += outcome.variant.quality[request.task] ?? 0;
    this.#onTime += 1;
  }

  measures(): Measures {
    const windows = this.#windows.filter((window) => window !== undefined);
    const total = (pick: (window: { utility: number; peak: number }) => number) =>
      windows.reduce((sum, window) => sum + pick(window), 0);
    const above = (share: number) =>
      windows.filter(({ utility, peak }) => utility >= share * peak).length / Math.max(windows.length, 1);
    const perRequest = (count: number) => count / Math.max(this.#requests, 1);
    return {
      requests: this.#requests,
      utility:
        total(({ utility }) => utility) /
        Math.max(
          total(({ peak }) => peak),
          Number.MIN_VALUE,
        ),
      onTime: perRequest(this.#onTime),
      f96: above(0.96),
      f98: above(0.98),
      shed: perRequest(this.#shed),
      failed: perRequest(this.#failed),
    };
  }

  #windowAt(atMs: number): { utility: number; peak: number } {
    const index = Math.floor(atMs / WINDOW_MS);
    let window = this.#windows[index];
    if (window === undefined) {
      window = { utility: 0, peak: 0 };
      this.#windows[index] = window;
    }
    return window;
  }
}
