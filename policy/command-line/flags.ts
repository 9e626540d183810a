import { parseArgs } from 'node:util';
import { CommandError } from './command-error.ts';

/** The flags of a command by name: those of kind `string` take a value, those of kind `boolean` none. */
export type FlagKinds = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;

/** What a number may be. */
export interface Bounds {
  readonly above?: number;
  readonly least?: number;
  readonly most: number;
  readonly whole?: boolean;
}

/** A command line's flags. Every method names the flag and its value when it throws a `CommandError`. */
export class Flags<Name extends string> {
  readonly #values: ReadonlyMap<string, string | true>;

  /** @throws CommandError for a flag that is not known, given twice or lacks its value, and for what is no flag */
  constructor(kinds: FlagKinds & Readonly<Record<Name, unknown>>, args: readonly string[]) {
    const options = { ...kinds };
    const { tokens } = parseArgs({ args: joined(args, kinds), options, strict: false, tokens: true });
    const values = new Map<string, string | true>();
    for (const token of tokens) {
      if (token.kind === 'positional')
        throw new CommandError(
          `unexpected argument "${token.value}"; every value follows a flag, see --help`,
        );
      if (token.kind === 'option') readFlag(kinds, token, values);
    }
    this.#values = values;
  }

  has(flag: Name): boolean {
    return this.#values.has(flag);
  }

  text(flag: Name): string | undefined {
    const value = this.#values.get(flag);
    return value === true ? undefined : value;
  }

  required(flag: Name): string {
    const value = this.text(flag);
    if (value === undefined) throw new CommandError(`--${flag}: missing; see --help`);
    return value;
  }

  number(flag: Name, bounds: Bounds): number | undefined {
    const text = this.text(flag);
    return text === undefined ? undefined : readNumber(flag, text, bounds);
  }

  /** Numbers separated by commas. */
  numbers(flag: Name, bounds: Bounds): readonly number[] | undefined {
    return this.text(flag)
      ?.split(',')
      .map((text) => readNumber(flag, text.trim(), bounds));
  }

  choice<T extends string>(flag: Name, choices: readonly T[]): T | undefined {
    const text = this.text(flag);
    if (text === undefined) return undefined;
    const choice = choices.find((known) => known === text);
    if (choice === undefined)
      throw new CommandError(`--${flag}: expected one of ${choices.join(', ')}, got "${text}"`);
    return choice;
  }
}

function readNumber(flag: string, text: string, bounds: Bounds): number {
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const { above = -1, least = above, most, whole = false } = bounds;
  if (value >= least && value > above && value <= most && (!whole || Number.isInteger(value))) return value;
  const range =
    bounds.above === undefined ? `from ${least} to ${most}` : `above ${above} and at most ${most}`;
  throw new CommandError(`--${flag}: expected a ${whole ? 'whole ' : ''}number ${range}, got "${text}"`);
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function readFlag(kinds: FlagKinds, token: OptionToken, values: Map<string, string | true>): void {
  const { name, rawName, value } = token;
  const kind = kindOf(kinds, name);
  if (kind === undefined)
    throw new CommandError(`${rawName}: no such flag; known: ${Object.keys(kinds).map(asFlag).join(', ')}`);
  if (values.has(name)) throw new CommandError(`--${name}: given twice`);
  if (kind === 'boolean' && value !== undefined)
    throw new CommandError(`--${name}: takes no value, got "${value}"`);
  if (kind === 'string' && (value === undefined || value === ''))
    throw new CommandError(`--${name}: needs a value`);
  values.set(name, value ?? true);
}

/**
 * Ties each flag to its value: `--rate -5` becomes `--rate=-5`. The parser would take a value that begins with a dash
 * for a flag, and the flag after a forgotten value for the value.
 */
function joined(args: readonly string[], kinds: FlagKinds): string[] {
  const result: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (arg.startsWith('--') && kindOf(kinds, arg.slice(2)) === 'string') {
      const next = args[index + 1];
      const hasValue = next !== undefined && !next.startsWith('--');
      result.push(`${arg}=${hasValue ? next : ''}`);
      if (hasValue) index++;
    } else result.push(arg);
  }
  return result;
}

function kindOf(kinds: FlagKinds, name: string): 'string' | 'boolean' | undefined {
  return Object.hasOwn(kinds, name) ? kinds[name]?.type : undefined;
}

function asFlag(name: string): string {
  return `--${name}`;
}
