import type { z } from 'zod';

/** The faults of a document, each as `source: path.to.field: what was expected, received …`. */
export function describeIssues(source: string, error: z.ZodError): string[] {
  return error.issues.flatMap((issue) => describeIssue(source, issue));
}

/** @throws Error with the faults on a line each, `source: fault`; nothing without one */
export function throwFaults(source: string, faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(faults.map((fault) => `${source}: ${fault}`).join('\n'));
}

function describeIssue(source: string, issue: z.core.$ZodIssue): string[] {
  const line = (path: readonly PropertyKey[], expectation: string, input: unknown) =>
    `${source}: ${formatPath(path)}: ${expectation}, received ${shown(input)}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => line([...issue.path, key], 'no such field', childOf(issue.input, key)));
    case 'invalid_type':
      return [line(issue.path, `expected ${issue.expected}`, issue.input)];
    case 'invalid_value':
      return [line(issue.path, `expected ${issue.values.join(', ')}`, issue.input)];
    case 'too_small':
      return [
        line(
          issue.path,
          bound(issue, issue.minimum, issue.inclusive ? 'at least' : 'more than'),
          issue.input,
        ),
      ];
    case 'too_big':
      return [
        line(issue.path, bound(issue, issue.maximum, issue.inclusive ? 'at most' : 'less than'), issue.input),
      ];
    case 'invalid_union':
      return [line(issue.path, discriminatorMessage(issue.message), childOf(issue.input, issue.path.at(-1)))];
    case 'invalid_key':
      return [line(issue.path, issue.issues[0]?.message ?? issue.message, issue.input)];
    default:
      return [line(issue.path, issue.message, issue.input)];
  }
}

function bound({ origin }: { origin: string }, limit: number | bigint, relation: string): string {
  const unit = origin === 'array' ? ' entries' : origin === 'string' ? ' characters' : '';
  return `expected ${relation} ${limit}${unit}`;
}

/** The library's own sentence names the choices, but for people who know what a discriminator is. */
function discriminatorMessage(message: string): string {
  const choices = /Expected (.*)$/.exec(message)?.[1];
  return choices ? `expected ${choices.replaceAll("'", '').replaceAll(' | ', ', ')}` : message;
}

function childOf(value: unknown, key: PropertyKey | undefined): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key ?? '') : value;
}

/** A path in the notation of the language: `phases[0].durationS`. */
function formatPath(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text.replace(/^\./, '') || 'document';
}

/** A received value for a message: JSON, bounded. Numbers are written out, since JSON calls 1e999 null. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length <= 100 ? text : `${text.slice(0, 100)}… (${text.length} characters)`;
}
