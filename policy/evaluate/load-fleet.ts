import { type Fleet, parseFleet } from '../arena/fleet.ts';
import { fleetNames, namedFleet } from '../arena/named-fleets.ts';
import { CommandError } from '../command-line/command-error.ts';
import { readText } from '../csv/rows.ts';

/**
 * A fleet by its name, or from a fleet file (`.json`), which README.md describes.
 * @throws CommandError with every fault, each naming the file, the field and the received value
 */
export function loadFleet(nameOrFile: string): Fleet {
  if (fleetNames.includes(nameOrFile)) return namedFleet(nameOrFile);
  if (!nameOrFile.endsWith('.json'))
    throw new CommandError(
      `no fleet "${nameOrFile}"; known: ${fleetNames.join(', ')}, or a file ending in .json`,
    );
  try {
    return parseFleet(parseJson(readText(nameOrFile)), nameOrFile);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new CommandError(`${nameOrFile}: not JSON: ${error.message}`, { cause: error });
    throw new CommandError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseJson(text: string): unknown {
  return JSON.parse(text);
}
