import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderSvg } from '../../report/svg.ts';
import { availabilityChart } from './availability-chart.ts';
import type { StandardDocument } from './document.ts';
import { loadsChart } from './loads-chart.ts';
import { standardMarkdown } from './markdown.ts';
import { curve, loads } from './plan.ts';
import { spikeChart } from './spike-chart.ts';

const pictures = {
  spike: 'eval-spike.svg',
  availability: 'eval-availability.svg',
  loads: 'eval-loads.svg',
} as const;

/** Writes eval.json, eval.md and its pictures into a folder, and returns their paths. */
export async function writeStandard(document: StandardDocument, folder: string): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  const { focus, seeds } = document;
  const found = document.availability.find(({ fleet }) => fleet === curve.fleet)!;
  const files = {
    'eval.json': `${JSON.stringify(document, null, 2)}\n`,
    'eval.md': standardMarkdown(document, pictures),
    [pictures.spike]: await renderSvg(spikeChart(document.spike, { focus, seeds })),
    [pictures.availability]: await renderSvg(availabilityChart(document.curve, found, { focus, seeds })),
    [pictures.loads]: await renderSvg(loadsChart(document.loads, { focus, baseline: loads.baseline, seeds })),
  };
  return Object.entries(files).map(([name, content]) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  });
}
