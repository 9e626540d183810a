/** How many faults a message shows; more than a screen of them helps nobody. */
const shownFaults = 20;
/** How much of a received value a message shows. */
const shownCharacters = 60;

/** Everything that is wrong with a CSV file, each fault as `file:line: column: what was expected, what was got`. */
export class CsvError extends Error {
  readonly faults: readonly string[];

  constructor(file: string, faults: readonly string[]) {
    const hidden = faults.length - shownFaults;
    const lines = faults.slice(0, shownFaults);
    if (hidden > 0) lines.push(`${file}: and ${hidden} more faults`);
    super(lines.join('\n'));
    this.name = 'CsvError';
    this.faults = faults;
  }
}

/** A received value as messages show it: quoted, escaped, of bounded length. */
export function shown(value: string): string {
  const cut = value.length > shownCharacters ? `${value.slice(0, shownCharacters)}…` : value;
  return JSON.stringify(cut);
}
