import type { z } from 'zod';

/** One fault of a document as `source: path.to.field: what is wrong, received …`. */
export function describeIssue(source: string, issue: z.core.$ZodIssue): string {
  const field = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  const received = issue.input === undefined ? 'nothing' : shown(issue.input);
  return `${source}: ${field.replace(/^\./, '') || 'document'}: ${issue.message}, received ${received}`;
}

/** A received value for a message: JSON, bounded. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 100 ? text : `${text.slice(0, 100)}… (${text.length} characters)`;
}
