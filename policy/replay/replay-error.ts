import { CommandError } from '../command-line/command-error.ts';

/** A replay that cannot start or go on; the message is one sentence for the person at the terminal. */
export class ReplayError extends CommandError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReplayError';
  }
}
