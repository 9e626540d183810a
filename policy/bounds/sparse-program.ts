import type { Highs, ModelData } from 'highs';

/** A linear program to be maximised: columns at least 0, rows of the form `Σ coefficient · column ≤ limit`. */
export class SparseProgram {
  readonly #limits: number[] = [];
  readonly #gains: number[] = [];
  readonly #starts: number[] = [0];
  readonly #rows: number[] = [];
  readonly #coefficients: number[] = [];

  get rows(): number {
    return this.#limits.length;
  }

  get columns(): number {
    return this.#gains.length;
  }

  /** @returns the row's number */
  addRow(limit: number): number {
    return this.#limits.push(limit) - 1;
  }

  addColumn(gain: number, entries: readonly (readonly [row: number, coefficient: number])[]): void {
    this.#gains.push(gain);
    for (const [row, coefficient] of entries) {
      this.#rows.push(row);
      this.#coefficients.push(coefficient);
    }
    this.#starts.push(this.#rows.length);
  }

  model({ constants, infinity }: Highs): ModelData {
    const { columns: numCols, rows: numRows } = this;
    return {
      numCols,
      numRows,
      sense: constants.objectiveSense.maximize,
      colCost: this.#gains,
      colLower: new Float64Array(numCols),
      colUpper: new Float64Array(numCols).fill(infinity),
      rowLower: new Float64Array(numRows).fill(-infinity),
      rowUpper: this.#limits,
      matrix: {
        format: 'csc',
        starts: this.#starts,
        indices: this.#rows,
        values: this.#coefficients,
        numRows,
        numCols,
      },
    };
  }
}
