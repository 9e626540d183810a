import { CsvError } from '../../csv/csv-error.ts';
import { parseRows, readText } from '../../csv/rows.ts';
import { histogramTokens, independent, type JointLengths, type LengthBin } from '../lengths.ts';

const header = 'field,lo,hi_exclusive,prob';

/**
 * Reads ServeGen's length histograms: rows `field,lo,hi_exclusive,prob`, the field `input_tokens` or `output_tokens`.
 * They are published apart, so prompt and output are drawn apart.
 * @throws CsvError with every row that is not as described
 */
export function readLengthHistograms(file: string): JointLengths {
  const [first, ...rows] = parseRows(readText(file), file);
  if (first?.cells.join(',') !== header)
    throw new CsvError(file, [
      `${file}:1: expected ${header}, got ${JSON.stringify(first?.cells.join(',') ?? '')}`,
    ]);
  const bins = { input_tokens: [] as LengthBin[], output_tokens: [] as LengthBin[] };
  const faults: string[] = [];
  for (const { line, cells } of rows) {
    const [field, ...rest] = cells;
    const [low = Number.NaN, highExclusive = Number.NaN, probability = Number.NaN] = rest.map(Number);
    const isBin = Number.isInteger(low) && low >= 0 && highExclusive > low && probability >= 0;
    if ((field === 'input_tokens' || field === 'output_tokens') && rest.length === 3 && isBin)
      bins[field].push({ low, highExclusive, probability });
    else
      faults.push(
        `${file}:${line}: expected ${header} of a histogram's bin, got ${JSON.stringify(cells.join(','))}`,
      );
  }
  for (const [field, own] of Object.entries(bins))
    if (!own.some((bin) => bin.probability > 0))
      faults.push(`${file}: ${field}: no bin of positive probability`);
  if (faults.length > 0) throw new CsvError(file, faults);
  return independent(histogramTokens(bins.input_tokens), histogramTokens(bins.output_tokens));
}
