import { CommandError } from '../command-line/command-error.ts';
import { readText } from '../csv/rows.ts';
import { parseJson } from '../workloads/file/parse-json.ts';

/**
 * A JSON file, made into something by `parse`.
 * @throws CommandError naming the file, for one that is missing, is no JSON, or that `parse` finds fault with
 */
export function readJson<T>(file: string, parse: (document: unknown, source: string) => T): T {
  try {
    return parse(parseJson(readText(file)), file);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new CommandError(`${file}: not JSON: ${error.message}`, { cause: error });
    throw new CommandError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
