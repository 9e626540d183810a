import { styleText } from 'node:util';
import type { platformLimits, StartUp } from './start-up.ts';
import type { Ratios, RequestFigures, TargetFigures } from './summary.ts';

export interface Report {
  readonly rounds: number;
  readonly seconds: number;
  /** Load average of the machine when the run began: above zero, somebody else was at work. */
  readonly loadAverage: number;
  readonly targets: readonly (TargetFigures & { readonly residentMiB: number | undefined })[];
  readonly ratios: readonly Ratios[];
  readonly startUps: readonly StartUp[];
  readonly platformLimits: typeof platformLimits;
  /** Parts that could not run, and why. */
  readonly missing: readonly string[];
}

const labels: Readonly<Record<string, string>> = {
  upstream: 'upstream, direct',
  gateway: 'this gateway',
  'gateway-with-rule': 'with the shadow price',
  proxy: 'minimal proxy',
  portkey: 'Portkey 1.15.2',
  'portkey-node': 'Portkey 1.15.2 on Node',
};

/** The report for a person. */
export function formatReport(report: Report): string {
  const sections = [
    heading('Whole answers (JSON)'),
    requestTable(report, ({ json }) => json, 'answer'),
    heading('Streams of 20 chunks'),
    requestTable(report, ({ stream }) => stream, 'chunk'),
    heading('This gateway over the others, round by round'),
    ratioTable(report.ratios),
    heading('Worker'),
    startUpTable(report),
    notes(report),
  ];
  return `${sections.join('\n')}\n`;
}

function requestTable(
  report: Report,
  of: (target: TargetFigures) => RequestFigures,
  first: 'answer' | 'chunk',
): string {
  const head = [
    '',
    'per second',
    'per s and core',
    'CPU ms each',
    `+ms to ${first} p50`,
    'p99',
    'busy p50',
    'p99',
    'RSS MiB',
  ];
  const rows = report.targets.map((target) => {
    const figures = of(target);
    const added = first === 'answer' ? figures.addedTotalMs : figures.addedFirstByteMs;
    const busy = first === 'answer' ? figures.addedTotalSaturatedMs : figures.addedFirstByteSaturatedMs;
    const times = [added.p50, added.p99, busy.p50, busy.p99];
    return [
      labels[target.name] ?? target.name,
      show(figures.perSecond, 0),
      show(figures.perSecondPerCore, 0),
      show(figures.cpuMsPerRequest, 2),
      ...times.map((ms) => (target.name === 'upstream' ? '' : show(ms, 2))),
      show(target.residentMiB, 0),
    ];
  });
  return table([head, ...rows]);
}

function ratioTable(ratios: readonly Ratios[]): string {
  const head = ['', 'JSON per second', 'JSON CPU', 'streams per second', 'stream CPU'];
  const rows = ratios.map(({ to, json, stream }) => [
    `over ${labels[to] ?? to}`,
    show(json.perSecond, 2),
    show(json.cpuMsPerRequest, 2),
    show(stream.perSecond, 2),
    show(stream.cpuMsPerRequest, 2),
  ]);
  return table([head, ...rows]);
}

function startUpTable({ startUps, platformLimits: limits }: Report): string {
  const head = ['', 'KiB', 'gzip KiB', 'start-up CPU ms', 'RSS MiB'];
  const rows = startUps.map((worker) => [
    labels[worker.name] ?? worker.name,
    show(worker.bytes / 1024, 0),
    show(worker.gzipBytes / 1024, 0),
    show(worker.cpuMs, 0),
    show(worker.residentMiB, 0),
  ]);
  const limit = ['platform limit', show(limits.bundleBytes / 1024, 0), '', show(limits.startUpCpuMs, 0), ''];
  return table([head, ...rows, limit]);
}

function notes({ rounds, seconds, loadAverage, targets, missing }: Report): string {
  const failed = targets.flatMap(({ name, failures }) =>
    failures.length === 0 ? [] : [`${labels[name] ?? name}: requests FAILED, for example: ${failures[0]}`],
  );
  return [
    '',
    `Medians over ${rounds} rounds of ${seconds} s; load average at the start ${loadAverage.toFixed(1)}.`,
    'per second, CPU, busy: 16 connections, each sending on when answered. +ms: beyond the upstream itself, at 200 (JSON) and',
    '100 (streams) requests a second sent on schedule whatever the target does, timed from when each was due.',
    'Everything but "on Node" runs on bare workerd; upstream, load generator and targets share this machine.',
    ...failed,
    ...missing,
  ].join('\n');
}

function heading(text: string): string {
  return `\n${styleText('bold', text)}`;
}

/** Columns padded to their widest cell, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n');
}

function show(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
}
