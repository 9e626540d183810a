/** Times to the first and to the last token. */
export interface Times {
  readonly ttftMs: number;
  readonly e2eMs: number;
}

/** One answered request, of the real gateway or of the simulator. Its times are its client's. */
export interface Served extends Times {
  /** Tells the request: no two have the same. */
  readonly promptTokens: number;
  readonly variant: string;
  readonly onTime: boolean;
  /** From its arrival at a GPU, by that GPU's clock: without the way, which a busy machine makes long. */
  readonly atGpu: Times;
}

/** @throws Error when two have the same prompt length */
export function byPrompt(served: readonly Served[]): ReadonlyMap<number, Served> {
  const map = new Map(served.map((one) => [one.promptTokens, one]));
  if (map.size !== served.length) throw new Error('two prompts of the same length');
  return map;
}

/** Means. */
export interface Figures extends Times {
  readonly requests: number;
  /** Share of the requests. */
  readonly onTime: number;
  readonly atGpu: Times;
}

export function figuresOf(served: readonly Served[]): Figures {
  const mean = (value: (one: Served) => number) =>
    served.reduce((sum, one) => sum + value(one), 0) / served.length;
  return {
    requests: served.length,
    ttftMs: mean(({ ttftMs }) => ttftMs),
    e2eMs: mean(({ e2eMs }) => e2eMs),
    onTime: mean(({ onTime }) => Number(onTime)),
    atGpu: { ttftMs: mean(({ atGpu }) => atGpu.ttftMs), e2eMs: mean(({ atGpu }) => atGpu.e2eMs) },
  };
}
