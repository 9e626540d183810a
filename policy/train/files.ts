import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Curves, curvesChart } from './curves.ts';

/** Writes a JSON document, whole or not at all. @returns the path */
export function writeDocument(path: string, document: object): string {
  return writeWhole(path, `${JSON.stringify(document, null, 2)}\n`);
}

/** Draws learning curves as SVG. @returns the path */
export async function writeCurves(path: string, curves: Curves): Promise<string> {
  // The drawing library takes longer to load than a short training takes.
  const { renderSvg } = await import('../report/svg.ts');
  return writeWhole(path, `${await renderSvg(curvesChart(curves))}\n`);
}

function writeWhole(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return path;
}
