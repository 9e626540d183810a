import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes variables where `wrangler dev --env-file` reads them, so that no secret is on a command line, for every
 * process of the machine to see.
 * @param folder of which only its owner sees the inside
 * @returns the file's path
 * @throws Error naming a variable that such a file cannot hold
 */
export function writeVariables(folder: string, variables: Readonly<Record<string, string>>): string {
  const path = join(folder, 'variables.env');
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quoted(name, value)}\n`);
  writeFileSync(path, lines.join(''), { mode: 0o600 });
  return path;
}

/** Between signs that are not in it, which leaves nothing to be interpreted but `$` (dotenv, dotenv-expand). */
function quoted(name: string, value: string): string {
  const sign = ["'", '`', '"'].find((each) => !value.includes(each));
  if (sign === undefined) throw new Error(`${name} has quotation marks of all three kinds: ', " and \`.`);
  return `${sign}${value.replaceAll('$', '\\$')}${sign}`;
}
