import type { BackendFailure } from '../routing/failure.ts';

/** A failure at a backend, with what the endpoint said about it. */
export class BackendError extends Error {
  readonly failure: BackendFailure;

  /**
   * @param message what the endpoint said, of any length and with whatever it quotes: it goes nowhere before secrets
   *   were taken out of it, and to the client for `rejected` and `context-exceeded` only
   */
  constructor(failure: BackendFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BackendError';
    this.failure = failure;
  }
}
