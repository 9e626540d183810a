import { type Fleet, type FleetFile, parseFleet } from './fleet.ts';

const opt = {
  small: { coefficients: 'A100/opt-125m' },
  medium: { coefficients: 'A100/opt-1.3b' },
  large: { coefficients: 'A100/opt-6.7b' },
};

/** The bench's fleets. Their catalogues come with the Worker, under the same names. */
const files: Readonly<Record<string, FleetFile>> = {
  chat: {
    name: 'chat',
    catalogue: 'chat',
    hardware: {
      'llama-3.1-70b': { coefficients: 'H100/llama-3.1-70b', gpus: 4 },
      'llama-3.1-8b': { coefficients: 'H100/llama-3.1-8b' },
      'llama-3.2-3b': { coefficients: 'H100/llama-3.2-3b' },
      'llama-3.2-1b': { coefficients: 'H100/llama-3.2-1b' },
    },
  },
  'paper-partitioned': { name: 'paper-partitioned', catalogue: 'paper-partitioned', hardware: opt },
  'paper-cohosted': {
    name: 'paper-cohosted',
    catalogue: 'paper-cohosted',
    hardware: Object.fromEntries(
      [0, 1, 2, 3].flatMap((gpu) => Object.entries(opt).map(([size, row]) => [`gpu-${gpu}-${size}`, row])),
    ),
  },
};

export const fleetNames = Object.keys(files);

/** @throws Error listing the known names */
export function namedFleet(name: string): Fleet {
  const file = files[name];
  if (file === undefined) throw new Error(`no fleet "${name}"; known: ${fleetNames.join(', ')}`);
  return parseFleet(file, name);
}
