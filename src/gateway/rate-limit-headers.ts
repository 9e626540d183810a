import type { Standing, Standings } from '../access/usage.ts';

/** How the key's per-minute limits stand, in the headers OpenAI has for it. */
export function rateLimitHeaders({ requests, tokens }: Standings): Record<string, string> {
  return { ...headersOf('requests', requests), ...headersOf('tokens', tokens) };
}

function headersOf(what: string, standing: Standing | undefined): Record<string, string> {
  if (standing === undefined) return {};
  return {
    [`x-ratelimit-limit-${what}`]: String(standing.limit),
    [`x-ratelimit-remaining-${what}`]: String(standing.remaining),
    [`x-ratelimit-reset-${what}`]: duration(standing.resetMs),
  };
}

/** A duration as OpenAI writes it: `850ms`, `59.25s`; none here is longer than a minute and a moment. */
function duration(ms: number): string {
  return ms < 1000 ? `${Math.ceil(ms)}ms` : `${Math.ceil(ms) / 1000}s`;
}
