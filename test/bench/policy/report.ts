import { type Column, renderTable } from '../../../policy/report/table.ts';
import { platformLimits, type StartUp } from '../gateway/start-up.ts';
import type { DecisionCost } from './decisions.ts';
import type { GatewayCost } from './gateways.ts';
import { batches, type Work, works } from './work.ts';

export interface Report {
  readonly rounds: number;
  /** Load average of the machine when the run began: above zero, somebody else was at work. */
  readonly loadAverage: number;
  readonly decisions: readonly DecisionCost[];
  readonly gateways: readonly GatewayCost[];
  readonly starts: readonly StartUp[];
}

const parts: Readonly<Record<Work, string>> = {
  observe: 'observing the pool',
  'shadow-price': 'shadow price',
  features: "the policy's features",
  plain: 'its network, plain loops',
  onnx: 'its network, onnxruntime-web',
};

const labels: Readonly<Record<string, string>> = {
  'shadow-price': 'shadow price',
  plain: 'learned, plain loops',
  onnx: 'learned, onnxruntime-web',
  carried: 'learned, plain loops, onnxruntime-web in the bundle',
};

const left = (heading: string): Column => ({ heading, align: 'left' });
const right = (heading: string): Column => ({ heading, align: 'right' });

/** The report for a person. */
export function formatReport({ rounds, loadAverage, decisions, gateways, starts }: Report): string {
  const costOf = (work: Work, actions: number) =>
    decisions.find((cost) => cost.work === work && cost.actions === actions)?.cpuUs;
  const failures = gateways.flatMap(({ scorer, failures }) =>
    failures.length === 0 ? [] : [`${labels[scorer]}: requests FAILED, for example: ${failures[0]}`],
  );
  const sections = [
    'CPU µs of one decision, by its parts, with so many actions in the batch',
    renderTable(
      [left(''), ...batches.map((actions) => right(String(actions)))],
      works.map((work) => [parts[work], ...batches.map((actions) => show(costOf(work, actions), 1))]),
    ),
    'The whole gateway with four variants, whole answers to 16 connections',
    renderTable(
      [left(''), right('CPU µs a request, least'), right('RSS MiB')],
      gateways.map(({ scorer, cpuUs, residentMiB }) => [
        labels[scorer]!,
        show(cpuUs, 0),
        show(residentMiB, 0),
      ]),
    ),
    'The Worker before its first request',
    renderTable(
      [left(''), right('KiB'), right('gzip KiB'), right('start-up CPU ms'), right('RSS MiB')],
      [
        ...starts.map(({ name, bytes, gzipBytes, cpuMs, residentMiB }) => [
          labels[name]!,
          show(bytes / 1_024, 0),
          show(gzipBytes / 1_024, 0),
          show(cpuMs, 0),
          show(residentMiB, 0),
        ]),
        [
          'platform limit',
          show(platformLimits.bundleBytes / 1_024, 0),
          '',
          show(platformLimits.startUpCpuMs, 0),
          '128 an isolate',
        ],
      ],
    ),
    `Medians of ${rounds} rounds on bare workerd, but for the least; load average at the start ${loadAverage.toFixed(1)}.`,
    ...failures,
  ];
  return `${sections.join('\n\n')}\n`;
}

function show(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
}
