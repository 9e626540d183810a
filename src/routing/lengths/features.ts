import type { RequestClass } from '../catalogue.ts';

/**
 * The kinds of features a length is predicted from, each with a share of one table of weights. A feature's value is
 * hashed into its kind's share together with its task, so memory is bounded whatever clients send, a flood of one
 * kind cannot spoil another, and of a prompt nothing is kept but which slots it fell into. The prompt's length counts
 * at three widths: the coarse ones say what is known of lengths nobody has sent yet.
 */
const slotsOf = {
  promptOctave: 64,
  promptQuarterOctave: 128,
  promptSixteenthOctave: 256,
  maxTokens: 32,
  class: 32,
  variant: 64,
  client: 128,
  template: 128,
  opening: 64,
  ending: 64,
  format: 32,
  turns: 32,
} as const;
type FeatureKind = keyof typeof slotsOf;

/** Changes with the meaning of a slot: weights learned under another layout are not read. */
export const FEATURE_LAYOUT = 1;
/** Weights in the table. */
export const SLOTS = Object.values(slotsOf).reduce<number>((sum, slots) => sum + slots, 0);

interface Share {
  readonly from: number;
  readonly slots: number;
  /** Keeps equal values of different kinds apart. */
  readonly salt: number;
}
const shares = layOut();

/** What is known of a request before it is answered and may tell how long the answer will be. Hashes, never text. */
export interface LengthTraits {
  readonly promptTokens: number;
  readonly class: RequestClass;
  readonly maxOutputTokens?: number | undefined;
  /** Who asks. */
  readonly client?: number | undefined;
  /** The system prompt. */
  readonly template?: number | undefined;
  /** First words of the last user message. */
  readonly opening?: number | undefined;
  /** Last words of it. */
  readonly ending?: number | undefined;
  /** What the answer has to look like: tools, schema, effort. */
  readonly format?: number | undefined;
  /** Messages so far. */
  readonly turns?: number | undefined;
}

/** The slots of a request, at most eleven; the variant, which is not known yet, has one of its own. */
export function lengthSlots(task: string, traits: LengthTraits): readonly number[] {
  const taskHash = hashOf(task);
  const octaves = Math.log2(Math.max(traits.promptTokens, 1));
  const slots = [
    slotOf('promptOctave', taskHash, Math.floor(octaves)),
    slotOf('promptQuarterOctave', taskHash, Math.floor(octaves * 4)),
    slotOf('promptSixteenthOctave', taskHash, Math.floor(octaves * 16)),
    slotOf('class', taskHash, hashOf(traits.class)),
  ];
  const { maxOutputTokens, client, template, opening, ending, format, turns } = traits;
  if (maxOutputTokens !== undefined)
    slots.push(slotOf('maxTokens', taskHash, Math.floor(Math.log2(maxOutputTokens) * 2)));
  if (client !== undefined) slots.push(slotOf('client', taskHash, client));
  if (template !== undefined) slots.push(slotOf('template', taskHash, template));
  if (opening !== undefined) slots.push(slotOf('opening', taskHash, opening));
  if (ending !== undefined) slots.push(slotOf('ending', taskHash, ending));
  if (format !== undefined) slots.push(slotOf('format', taskHash, format));
  if (turns !== undefined) slots.push(slotOf('turns', taskHash, Math.floor(Math.log2(turns) * 2)));
  return slots;
}

/** The slot of what a variant adds to a task's lengths. */
export function variantSlot(task: string, variant: string): number {
  return slotOf('variant', hashOf(task), hashOf(variant));
}

/** FNV-1a over UTF-16 code units, 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Names of the catalogue come with every request; there are few of them. */
const known = new Map<string, number>();
const MOST_KNOWN = 1_000;

function hashOf(name: string): number {
  let hash = known.get(name);
  if (hash === undefined) {
    hash = hashText(name);
    if (known.size < MOST_KNOWN) known.set(name, hash);
  }
  return hash;
}

function slotOf(kind: FeatureKind, taskHash: number, value: number): number {
  const { from, slots, salt } = shares[kind];
  // The finaliser of MurmurHash3: neighbouring values fall far apart.
  let mixed = Math.imul(taskHash ^ salt ^ Math.imul(value, 0x9e3779b1), 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return from + (((mixed ^ (mixed >>> 16)) >>> 0) % slots);
}

function layOut(): Readonly<Record<FeatureKind, Share>> {
  let from = 0;
  const entries = Object.entries(slotsOf).map(([kind, slots]) => {
    const share = { from, slots, salt: hashText(kind) };
    from += slots;
    return [kind, share] as const;
  });
  return Object.fromEntries(entries) as Record<FeatureKind, Share>;
}
