import type { Parameter, ParameterValues } from '../rivals/tunable.ts';

/** A point of the search: one coordinate per parameter, each without bounds and of about the same size. */
export type Point = readonly number[];

/** Logarithms for what spans orders of magnitude, log-odds for shares. */
const scales: Readonly<Record<Parameter['scale'], { to(value: number): number; from(at: number): number }>> =
  {
    log: { to: Math.log, from: Math.exp },
    share: { to: (share) => Math.log(share / (1 - share)), from: (odds) => 1 / (1 + Math.exp(-odds)) },
  };

export function startPoint(parameters: readonly Parameter[]): Point {
  return pointAt(parameters, {});
}

/** The point with these values; where one is missing, it is the start's. */
export function pointAt(parameters: readonly Parameter[], values: ParameterValues): Point {
  return parameters.map(({ key, scale, start }) => scales[scale].to(values[key] ?? start));
}

/** The values at a point. Outside a parameter's bounds the nearest one holds. Four digits are what a search can tell. */
export function valuesAt(parameters: readonly Parameter[], point: Point): ParameterValues {
  return Object.fromEntries(
    parameters.map(({ key, scale, low, high }, index) => {
      const value = Math.min(Math.max(scales[scale].from(point[index]!), low), high);
      return [key, Number(value.toPrecision(4))];
    }),
  );
}
