/** One answered request, of the real gateway or of the simulator. */
export interface Served {
  /** Tells the request: no two have the same. */
  readonly promptTokens: number;
  readonly variant: string;
  readonly ttftMs: number;
  readonly e2eMs: number;
  readonly onTime: boolean;
}

/** @throws Error when two have the same prompt length */
export function byPrompt(served: readonly Served[]): ReadonlyMap<number, Served> {
  const map = new Map(served.map((one) => [one.promptTokens, one]));
  if (map.size !== served.length) throw new Error('two prompts of the same length');
  return map;
}

export interface Figures {
  readonly requests: number;
  readonly ttftMs: number;
  readonly e2eMs: number;
  /** Share of the requests. */
  readonly onTime: number;
}

export function figuresOf(served: readonly Served[]): Figures {
  const mean = (value: (one: Served) => number) =>
    served.reduce((sum, one) => sum + value(one), 0) / served.length;
  return {
    requests: served.length,
    ttftMs: mean(({ ttftMs }) => ttftMs),
    e2eMs: mean(({ e2eMs }) => e2eMs),
    onTime: mean(({ onTime }) => Number(onTime)),
  };
}
