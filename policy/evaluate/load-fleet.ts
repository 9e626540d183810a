import { type Fleet, parseFleet } from '../arena/fleet.ts';
import { fleetNames, namedFleet } from '../arena/named-fleets.ts';
import { CommandError } from '../command-line/command-error.ts';
import { readJson } from './read-json.ts';

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
  return readJson(nameOrFile, parseFleet);
}
