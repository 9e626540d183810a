import highsModule, { type Highs } from 'highs';
import type { CapacityGroup } from './capacity-groups.ts';
import type { KnownRequest } from './hindsight-requests.ts';
import type { Prices } from './prices.ts';
import { SparseProgram } from './sparse-program.ts';

/** Requests of one task that arrive within one slot, taken together. */
interface Cell {
  readonly slot: number;
  readonly count: number;
  /** Slots after the first in which the work may be done. */
  readonly patience: number;
  readonly options: readonly { readonly group: number; readonly quality: number; readonly workMs: number }[];
}

/**
 * What each group's time would be worth in each slot if requests were a fluid: the dual values of the linear program
 * that serves, of each task and slot, as many requests on each model as is best, within each group's time.
 * Requests of a cell are taken at their means, so the program's own value is no bound; its prices are what is wanted.
 */
export async function fluidPrices(
  groups: readonly CapacityGroup[],
  requests: readonly KnownRequest[],
  slotMs: number,
): Promise<Prices> {
  const cells = cellsOf(requests, slotMs);
  const slots = cells.reduce((most, { slot, patience }) => Math.max(most, slot + patience + 1), 1);
  const program = new SparseProgram();
  const capacity = groups.map(({ replicas }) =>
    Array.from({ length: slots }, () => program.addRow(replicas * slotMs)),
  );
  for (const cell of cells) addCell(program, cell, capacity);
  solver ??= loadHighs();
  const duals = solve(await solver, program);
  return {
    slotMs,
    perMs: capacity.map((rows) => Float64Array.from(rows, (row) => Math.max(duals[row]!, 0))),
  };
}

// Node imports the package's ES module, whose default export is the loader; its types describe the CommonJS one.
const loadHighs = highsModule as unknown as typeof highsModule.default;

/** Compiled once: 3.5 MB of WebAssembly. It keeps nothing between programs. */
let solver: Promise<Highs> | undefined;

/**
 * Columns of a cell: how many requests each option serves, and how much of a group's work for it is done in each slot.
 * Rows: no more are served than there are, and no more work is asked of a group than is done.
 */
function addCell(program: SparseProgram, cell: Cell, capacity: readonly (readonly number[])[]): void {
  const served = program.addRow(cell.count);
  const work = new Map<number, number>();
  for (const { group, quality, workMs } of cell.options) {
    let row = work.get(group);
    if (row === undefined) {
      row = program.addRow(0);
      work.set(group, row);
      for (let slot = cell.slot; slot <= cell.slot + cell.patience; slot++)
        program.addColumn(0, [
          [row, -1],
          [capacity[group]![slot]!, 1],
        ]);
    }
    program.addColumn(quality, [
      [served, 1],
      [row, workMs],
    ]);
  }
}

function solve(highs: Highs, program: SparseProgram): Float64Array {
  if (program.columns === 0) return new Float64Array(program.rows);
  const model = highs.createModel(program.model(highs));
  try {
    model.options.set({ output_flag: false });
    model.run();
    return model.getSolution().rowDual;
  } finally {
    model.dispose();
  }
}

function cellsOf(requests: readonly KnownRequest[], slotMs: number): Cell[] {
  const members = new Map<string, KnownRequest[]>();
  for (const request of requests) {
    const key = `${Math.floor(request.arrivalMs / slotMs)} ${request.task} ${request.options.length}`;
    const known = members.get(key);
    if (known === undefined) members.set(key, [request]);
    else known.push(request);
  }
  return [...members.values()].flatMap((cell) => cellOf(cell, slotMs) ?? []);
}

/** One cell of like requests; nothing of requests that can wait for ever, for whom there is always time. */
function cellOf(members: readonly KnownRequest[], slotMs: number): Cell | undefined {
  const mean = (measure: (request: KnownRequest) => number) =>
    members.reduce((sum, request) => sum + measure(request), 0) / members.length;
  const patienceMs = mean(({ arrivalMs, deadlineMs }) => deadlineMs - arrivalMs);
  if (patienceMs === Number.POSITIVE_INFINITY) return undefined;
  const [first] = members;
  return {
    slot: Math.floor(first!.arrivalMs / slotMs),
    count: members.length,
    patience: Math.round(patienceMs / slotMs),
    options: first!.options.map(({ group, quality }, index) => ({
      group,
      quality,
      workMs: mean(({ options }) => options[index]!.workMs),
    })),
  };
}
