import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { formatClock, formatCount, formatShare } from '../report/format.ts';
import type { Source } from './arguments.ts';
import { replayChart } from './chart.ts';
import type { Judged } from './recorder.ts';
import { recordLines } from './records.ts';
import { ReplayError } from './replay-error.ts';
import type { Summary } from './summary.ts';
import type { TaskTerms } from './terms.ts';

/** Where a replay's files are. */
export interface Written {
  readonly chart: string;
  readonly records: string;
}

/** Makes the folder, before the replay: finding out after an hour that it cannot be written to is too late. */
export async function prepareFolder(out: string): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ReplayError(`--out: cannot make the folder "${out}": ${why}`, { cause: error });
  }
}

/** Writes the chart and the records. */
export async function writeFiles(
  out: string,
  source: Source,
  judged: readonly Judged[],
  summary: Summary,
  terms: readonly TaskTerms[],
): Promise<Written> {
  // Vega takes half a second to load, and only a replay that ran to its report needs it.
  const { renderSvg } = await import('../report/svg.ts');
  const written = { chart: join(out, 'replay.svg'), records: join(out, 'requests.jsonl') };
  const chart = replayChart(judged, { title: titleOf(source), subtitle: subtitleOf(judged, summary), terms });
  await writeFile(written.chart, await renderSvg(chart));
  await writeFile(written.records, recordLines(judged));
  return written;
}

function titleOf(source: Source): string {
  if (source.kind === 'generated')
    return `Replay of the workload ${source.name} at ${source.ratePerSecond} requests per second`;
  const speed = source.speed === 1 ? '' : ` at ${source.speed} × its speed`;
  return `Replay of ${basename(source.file)}${speed}`;
}

function subtitleOf(judged: readonly Judged[], summary: Summary): string {
  const lastMs = judged.reduce((latest, one) => Math.max(latest, one.sentAtMs), 0);
  return [
    `${formatCount(summary.requests)} requests within ${formatClock(lastMs)} min`,
    `${formatShare(summary.onTimeShare)} on time`,
    `utility ${formatShare(summary.utility)}`,
    `${formatCount(summary.shed)} shed`,
    `${formatCount(summary.failed)} failed`,
  ].join('  ·  ');
}
