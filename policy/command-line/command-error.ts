/** What a person at the terminal can mend; the message is one sentence for them, or a list of faults. */
export class CommandError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandError';
  }
}
