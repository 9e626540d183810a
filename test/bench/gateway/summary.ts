import type { LoadReport, Percentiles } from './load.ts';
import type { Phase, Reading } from './rounds.ts';
import { median } from './statistics.ts';

/** Figures of one kind of request; each is the median over the rounds. */
export interface RequestFigures {
  /** Answers per second from 16 connections, as they came. */
  readonly perSecond: number;
  /** Answers per second of CPU time of the target's process: what one core can do when nothing else wants it. */
  readonly perSecondPerCore: number | undefined;
  readonly cpuMsPerRequest: number | undefined;
  /** Time beyond the upstream's own at a paced rate: to the first byte of the body. */
  readonly addedFirstByteMs: Percentiles;
  /** The same to the end of the answer. */
  readonly addedTotalMs: Percentiles;
  /** Time beyond the upstream's own with 16 busy connections: to the first byte of the body. */
  readonly addedFirstByteSaturatedMs: Percentiles;
  readonly addedTotalSaturatedMs: Percentiles;
}

export interface TargetFigures {
  readonly name: string;
  readonly json: RequestFigures;
  readonly stream: RequestFigures;
  /** Requests that failed, over all rounds, and how. */
  readonly failures: readonly string[];
}

/** Each figure of one target over the same figure of another in the same round; medians over the rounds. */
export interface Ratios {
  readonly of: string;
  readonly to: string;
  readonly json: Readonly<Record<'perSecond' | 'cpuMsPerRequest', number | undefined>>;
  readonly stream: Readonly<Record<'perSecond' | 'cpuMsPerRequest', number | undefined>>;
}

/** @param base the target that is the upstream itself */
export function summarise(readings: readonly Reading[], target: string, base: string): TargetFigures {
  const own = readings.filter((reading) => reading.target === target);
  return {
    name: target,
    json: figuresOf(readings, target, base, 'json', 'jsonPaced'),
    stream: figuresOf(readings, target, base, 'stream', 'streamPaced'),
    failures: own.flatMap(({ load }) => load.failures),
  };
}

export function compare(readings: readonly Reading[], of: string, to: string): Ratios {
  const ratiosIn = (phase: Phase) => ({
    perSecond: medianOfPairs(readings, of, to, phase, perSecond, divide),
    cpuMsPerRequest: medianOfPairs(readings, of, to, phase, cpuMsPerRequest, divide),
  });
  return { of, to, json: ratiosIn('json'), stream: ratiosIn('stream') };
}

function figuresOf(
  readings: readonly Reading[],
  target: string,
  base: string,
  saturated: Phase,
  paced: Phase,
): RequestFigures {
  const busy = readings.filter((reading) => reading.target === target && reading.phase === saturated);
  const cpu = busy.map(cpuMsPerRequest).filter((value) => value !== undefined);
  const cost = cpu.length === 0 ? undefined : median(cpu);
  const added = (phase: Phase, of: 'firstByteMs' | 'totalMs') => ({
    p50: addedMs(readings, target, base, phase, ({ [of]: { p50 } }) => p50),
    p99: addedMs(readings, target, base, phase, ({ [of]: { p99 } }) => p99),
  });
  return {
    perSecond: median(busy.map(perSecond)),
    perSecondPerCore: cost && 1000 / cost,
    cpuMsPerRequest: cost,
    addedFirstByteMs: added(paced, 'firstByteMs'),
    addedTotalMs: added(paced, 'totalMs'),
    addedFirstByteSaturatedMs: added(saturated, 'firstByteMs'),
    addedTotalSaturatedMs: added(saturated, 'totalMs'),
  };
}

function addedMs(
  readings: readonly Reading[],
  target: string,
  base: string,
  phase: Phase,
  latency: (load: LoadReport) => number,
): number {
  const added = medianOfPairs(
    readings,
    target,
    base,
    phase,
    ({ load }) => latency(load),
    (ownMs, baseMs) => ownMs - baseMs,
  );
  return added ?? Number.NaN;
}

/** Two targets' figures are put together round by round, because rounds differ more than targets do. */
function medianOfPairs(
  readings: readonly Reading[],
  of: string,
  to: string,
  phase: Phase,
  figure: (reading: Reading) => number | undefined,
  combine: (own: number, other: number) => number,
): number | undefined {
  const combined: number[] = [];
  for (const reading of readings) {
    if (reading.target !== of || reading.phase !== phase) continue;
    const other = readings.find(
      ({ target, phase: otherPhase, round }) =>
        target === to && otherPhase === phase && round === reading.round,
    );
    const pair = [figure(reading), other && figure(other)];
    if (pair[0] !== undefined && pair[1] !== undefined) combined.push(combine(pair[0], pair[1]));
  }
  return combined.length === 0 ? undefined : median(combined);
}

function perSecond({ load }: Reading): number {
  return (load.requests / load.elapsedMs) * 1000;
}

function cpuMsPerRequest({ load, cpuMs }: Reading): number | undefined {
  return cpuMs === undefined ? undefined : cpuMs / load.requests;
}

function divide(own: number, other: number): number {
  return own / other;
}
