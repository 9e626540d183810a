import { z } from 'zod';
import { bundledCatalogues } from '../../src/catalogues/index.ts';
import { type Catalogue, catalogueSchema, type Endpoint, type Variant } from '../../src/routing/catalogue.ts';
import { readServerRow, type ServerRow } from '../simulator/coefficient-file.ts';
import { coefficientNames, coefficientsNamed, type StepCoefficients } from '../simulator/coefficients.ts';
import { engineDefaults } from '../simulator/engine.ts';
import { KvCache } from '../simulator/kv-cache.ts';
import { describeIssues, throwFaults } from '../workloads/file/issues.ts';
import { placesOf } from '../workloads/file/places.ts';

/** What a variant runs on, once per replica of its endpoint. */
const hardwareSchema = z.strictObject({
  /** `GPU/model`, or the run: a row of the step-time coefficients. */
  coefficients: z.string().min(1),
  /** GPUs of one replica: the tensor-parallel degree. */
  gpus: z.int().positive().default(1),
  maxNumSeqs: z.int().positive().optional(),
  overheadMs: z.number().min(0).optional(),
  kvTokens: z.int().positive().optional(),
});

/** A fleet file: a catalogue, or the name of a bundled one, and the hardware of each of its variants. */
const fleetFileSchema = z.strictObject({
  name: z.string().min(1),
  catalogue: z.union([z.string(), z.record(z.string(), z.unknown())]),
  /** A CSV of step-time coefficients, found as a workload's files are. Absent: the rows that come with the simulator. */
  coefficientsFile: z.string().min(1).optional(),
  hardware: z.record(z.string(), hardwareSchema),
});
export type FleetFile = z.input<typeof fleetFileSchema>;

export interface Hardware {
  readonly coefficients: StepCoefficients;
  readonly gpus: number;
  readonly maxNumSeqs: number;
  /** The most new tokens in one step; absent: the engine's default. */
  readonly tokenBudget?: number | undefined;
  readonly overheadMs: number | undefined;
  readonly kvTokens: number | undefined;
}

/** A catalogue with simulated GPUs behind it. */
export interface Fleet {
  readonly name: string;
  readonly catalogue: Catalogue;
  readonly hardware: ReadonlyMap<string, Hardware>;
}

/**
 * @param source what the fleet came from, for messages
 * @throws Error with the faults of the file on a line each, naming the field and the received value
 */
export function parseFleet(document: unknown, source: string): Fleet {
  const file = parseWith(fleetFileSchema, document, source);
  const catalogue = catalogueOf(file.catalogue, source);
  const ids = catalogue.variants.map(({ id }) => id);
  const given = Object.keys(file.hardware);
  const faults = [
    ...ids.filter((id) => !given.includes(id)).map((id) => `hardware.${id}: missing`),
    ...given
      .filter((id) => !ids.includes(id))
      .map((id) => `hardware.${id}: the catalogue has no such variant; it has ${ids.join(', ')}`),
    ...(file.coefficientsFile === undefined ? unknownRows(file.hardware) : []),
  ];
  throwFaults(source, faults);
  const rowOf = file.coefficientsFile === undefined ? bundledRow : rowsOf(file.coefficientsFile, source);
  const hardware = new Map(ids.map((id) => [id, hardwareOf(file.hardware[id]!, (name) => rowOf(name, id))]));
  throwFaults(
    source,
    catalogue.variants.flatMap((variant) => cacheFaults(variant, hardware.get(variant.id)!)),
  );
  return { name: file.name, catalogue, hardware };
}

type HardwareDocument = z.output<typeof hardwareSchema>;

function bundledRow(name: string): ServerRow {
  return { coefficients: coefficientsNamed(name) };
}

function unknownRows(hardware: Readonly<Record<string, HardwareDocument>>): string[] {
  return Object.entries(hardware)
    .filter(([, { coefficients }]) => !coefficientNames.includes(coefficients))
    .map(
      ([id, { coefficients }]) =>
        `hardware.${id}.coefficients: expected one of ${coefficientNames.join(', ')}, or a row of the file that ` +
        `"coefficientsFile" names, received ${JSON.stringify(coefficients)}`,
    );
}

/** The rows of a fleet's own file. @throws WorkloadError, CsvError, CommandError */
function rowsOf(path: string, source: string): (name: string, id: string) => ServerRow {
  const file = placesOf(source).find(path, 'coefficientsFile');
  return (name, id) => readServerRow(file, name, `${source}: hardware.${id}.coefficients`);
}

/** An engine does not start whose cache could not hold one request of the longest kind. */
function cacheFaults({ id, contextTokens }: Variant, { kvTokens, coefficients }: Hardware): string[] {
  const { capacityTokens } = new KvCache(kvTokens ?? coefficients.kvTokens, engineDefaults.blockTokens);
  if (capacityTokens >= contextTokens) return [];
  return [
    `hardware.${id}.kvTokens: expected whole blocks of ${engineDefaults.blockTokens} for the variant's ` +
      `contextTokens, ${contextTokens}; received ${capacityTokens}`,
  ];
}

function catalogueOf(nameOrDocument: string | object, source: string): Catalogue {
  const document =
    typeof nameOrDocument === 'object'
      ? nameOrDocument
      : Object.entries(bundledCatalogues).find(([name]) => name === nameOrDocument)?.[1];
  if (document === undefined)
    throw new Error(
      `${source}: catalogue: known: ${Object.keys(bundledCatalogues).join(', ')}, received "${nameOrDocument}"`,
    );
  // A simulated endpoint has no address; the deployed catalogue's is left open by a variable.
  return parseWith(catalogueSchema, withoutAddresses(document), `${source}: catalogue`);
}

/** What the fleet file says goes before what the row does. */
function hardwareOf(
  { coefficients: name, gpus, maxNumSeqs, overheadMs, kvTokens }: HardwareDocument,
  rowOf: (name: string) => ServerRow,
): Hardware {
  const row = rowOf(name);
  return {
    coefficients: row.coefficients,
    gpus,
    maxNumSeqs: maxNumSeqs ?? row.maxNumSeqs ?? engineDefaults.maxNumSeqs,
    tokenBudget: row.tokenBudget,
    overheadMs,
    kvTokens,
  };
}

/** GPUs an endpoint occupies: those of its largest variant, since co-hosted ones share them. */
function gpusOf(fleet: Fleet, endpoint: Endpoint): number {
  const own = fleet.catalogue.variants.filter((variant) => variant.endpoint === endpoint.id);
  return endpoint.replicas * Math.max(...own.map(({ id }) => fleet.hardware.get(id)!.gpus));
}

export function totalGpus(fleet: Fleet): number {
  return fleet.catalogue.endpoints.reduce((sum, endpoint) => sum + gpusOf(fleet, endpoint), 0);
}

/**
 * All the fleet's GPUs given to one variant's model, as one endpoint that balances over its replicas: what static
 * serving of that model looks like.
 * @param gpus how many GPUs; by default as many as the fleet has
 */
export function staticFleet(fleet: Fleet, variantId: string, gpus: number = totalGpus(fleet)): Fleet {
  const variant = fleet.catalogue.variants.find(({ id }) => id === variantId);
  const hardware = fleet.hardware.get(variantId);
  if (variant === undefined || hardware === undefined)
    throw new Error(`${fleet.name} has no variant ${variantId}`);
  const endpoint = fleet.catalogue.endpoints.find(({ id }) => id === variant.endpoint)!;
  const replicas = Math.floor(gpus / hardware.gpus);
  if (replicas === 0)
    throw new Error(`${fleet.name}: ${variantId} needs ${hardware.gpus} GPUs, there are ${gpus}`);
  const own: Endpoint = { ...endpoint, replicas };
  return {
    name: `${fleet.name}:static`,
    catalogue: {
      ...fleet.catalogue,
      endpoints: [own],
      variants: [variant],
      scorer: { kind: 'static', variant: variantId },
    },
    hardware: new Map([[variantId, hardware]]),
  };
}

/** The variants of an endpoint, in the catalogue's order; each is an engine on every replica. */
export function variantsOn(catalogue: Catalogue, endpoint: Endpoint): readonly Variant[] {
  return catalogue.variants.filter((variant) => variant.endpoint === endpoint.id);
}

function withoutAddresses(document: unknown): unknown {
  return JSON.parse(JSON.stringify(document).replaceAll(/\$[A-Z][A-Z0-9_]*/g, 'http://endpoint.invalid'));
}

function parseWith<Output>(schema: z.ZodType<Output>, document: unknown, source: string): Output {
  const parsed = schema.safeParse(document, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new Error(describeIssues(source, parsed.error).join('\n'));
}
