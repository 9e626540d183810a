import { limits } from '../limits.ts';
import { formatPath } from '../platform/describe.ts';

interface Unsendable {
  /** The outer levels of where it is, or `body` for the document itself. */
  readonly path: string;
  readonly message: string;
}

/** A name in a message need not be longer. */
const namedLevels = 8;

/**
 * The first value of a parsed JSON document that cannot be written again as the client wrote it, or that model
 * servers fail on instead of refusing it: a number beyond the doubles (`1e400` reads as infinity), half a surrogate
 * pair, nesting deeper than their parsers go. Such a failure would count against the endpoint.
 */
export function unsendable(document: unknown): Unsendable | undefined {
  const found = find(document, 0);
  return (
    found && { path: formatPath('', found.keys.slice(0, namedLevels)) || 'body', message: found.message }
  );
}

/** Keys are collected on the way back, so that a document without fault costs none. */
function find(value: unknown, depth: number): { keys: PropertyKey[]; message: string } | undefined {
  const message = faultOf(value, depth);
  if (message !== undefined) return { keys: [], message };
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    const found = find(item, depth + 1);
    if (found === undefined) continue;
    found.keys.unshift(key);
    return found;
  }
  return undefined;
}

function faultOf(value: unknown, depth: number): string | undefined {
  if (depth > limits.depth) return `nested deeper than ${limits.depth} levels`;
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number out of range';
  if (typeof value === 'string' && !value.isWellFormed())
    return 'half a surrogate pair, which is no character';
  return undefined;
}
