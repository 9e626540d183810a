import type { RequestClass } from '../../src/routing/catalogue.ts';
import type { Exchange } from './exchange.ts';
import { isAnsweredOnTime, type TaskTerms } from './terms.ts';

/** An exchange and what it was worth by the gateway's own catalogue. */
export interface Judged extends Exchange {
  readonly class: RequestClass;
  readonly onTime: boolean;
  /** Quality of the answering variant on the task if on time, else 0. */
  readonly utility: number;
  /** Best quality any variant has on the task. */
  readonly peak: number;
}

/** Running counts of a replay. */
export interface Counts {
  readonly sent: number;
  readonly done: number;
  readonly onTime: number;
  readonly shed: number;
  readonly failed: number;
}

/** Keeps what became of each request, in the order in which they ended. */
export class Recorder {
  readonly judged: Judged[] = [];
  readonly #terms: ReadonlyMap<string, TaskTerms>;
  #sent = 0;
  #onTime = 0;
  #shed = 0;
  #failed = 0;

  constructor(terms: ReadonlyMap<string, TaskTerms>) {
    this.#terms = terms;
  }

  get counts(): Counts {
    const done = this.judged.length;
    return { sent: this.#sent, done, onTime: this.#onTime, shed: this.#shed, failed: this.#failed };
  }

  sent(): void {
    this.#sent++;
  }

  ended(exchange: Exchange): void {
    const terms = this.#terms.get(exchange.request.task);
    if (terms === undefined) throw new RangeError(`no terms for task "${exchange.request.task}"`);
    const judged = judge(exchange, terms);
    this.judged.push(judged);
    if (judged.onTime) this.#onTime++;
    if (judged.outcome.kind === 'shed') this.#shed++;
    if (judged.outcome.kind === 'failed') this.#failed++;
  }
}

function judge(exchange: Exchange, terms: TaskTerms): Judged {
  const onTime = isAnsweredOnTime(exchange.outcome, terms.slo);
  const quality = terms.quality[exchange.route.variant ?? ''] ?? 0;
  return {
    ...exchange,
    class: exchange.request.class ?? terms.class,
    onTime,
    utility: onTime ? quality : 0,
    peak: terms.bestQuality,
  };
}
