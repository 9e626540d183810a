import type { z } from 'zod';

/**
 * One line per issue of a schema: its path, what is wrong, and what was received.
 * @param roots other names for what stands at the top of the document
 */
export function describeIssues(
  root: string,
  error: z.ZodError,
  roots: Readonly<Record<string, string>> = {},
): string[] {
  return error.issues.map((issue) => {
    const [first, ...rest] = issue.path;
    const other = roots[String(first)];
    const path = other === undefined ? formatPath(root, issue.path) : formatPath(other, rest);
    return `${path}: ${describeFault(issue)}`;
  });
}

/** What is wrong with a value, and the value. Where its type is the fault, the schema's own words end in that type. */
export function describeFault({
  message,
  input,
}: {
  readonly message: string;
  readonly input?: unknown;
}): string {
  if (input === undefined) return message.replace(/, received undefined$/, ', received nothing');
  return `${message.replace(/, received [A-Za-z]+$/, '')}, received ${show(input)}`;
}

/** A path in the notation of the language: `endpoints[0].backend.url`. */
export function formatPath(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    root,
  );
}

/** A received value for a message: JSON, bounded. */
export function show(value: unknown): string {
  return shorten(JSON.stringify(value) ?? String(value), 100);
}

/** The beginning of a text that is longer than so many characters, and how long it is. */
export function shorten(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters)}… (${text.length} characters)`;
}
