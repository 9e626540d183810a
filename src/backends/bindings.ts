/** Secrets and platform bindings by name: a Worker's environment, or `process.env`. */
export type Bindings = Readonly<Record<string, unknown>>;

/** The text of that name; undefined where there is none, or an empty one. */
export function textIn(bindings: Bindings, name: string): string | undefined {
  const value = bindings[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
