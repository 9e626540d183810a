import type { Company } from './company.ts';
import { layoutOf } from './layout.ts';
import type { Action, Observation } from './observation.ts';
import { predictLatency, readMsPerToken, stepMs } from './service.ts';

/** Those in flight have, on average, half of their answers still before them. */
const SHARE_LEFT = 0.5;

/**
 * What serving the request by each action would cost those already in flight there: the chance to be on time that they
 * lose by one more beside them, times their quality, summed over one replica. They are taken to be of mean size, and to
 * have the deadline and the task of the request; no more is known of them at the edge.
 * @returns one per action, in units of quality
 */
export function harmsOf(observation: Observation): readonly number[] {
  const { actions, catalogue } = observation;
  const { onEndpoint } = layoutOf(catalogue);
  const now = actions.map((action) => onTimeOf(action, membersCompany(action), observation));
  return actions.map((action, index) => {
    let harm = 0;
    for (const other of onEndpoint[index]!) {
      const members = actions[other]!;
      const requests = members.company.others;
      if (requests === 0) continue;
      const company = withOneMore(membersCompany(members), action, other === index, observation);
      const lost = now[other]! - onTimeOf(members, company, observation);
      harm += requests * members.quality * Math.max(lost, 0);
    }
    return harm;
  });
}

/** The company of one of those in flight. */
function membersCompany(action: Action): Company {
  const { company } = action;
  return { ...company, others: Math.max(company.others - 1, 0) };
}

function withOneMore(
  company: Company,
  { service, company: { others } }: Action,
  own: boolean,
  { request, meanOutputTokens }: Observation,
): Company {
  const readingMs = (request.promptTokens * readMsPerToken(service)) / Math.max(meanOutputTokens, 1);
  if (own)
    return { ...company, others: company.others + SHARE_LEFT, readingMs: company.readingMs + readingMs };
  const longerMs = stepMs(service, others + 1) - stepMs(service, others);
  return { ...company, turnsMs: company.turnsMs + SHARE_LEFT * longerMs + readingMs };
}

function onTimeOf(
  { service, length }: Action,
  company: Company,
  { request, meanPromptTokens, meanOutputTokens }: Observation,
): number {
  const meanLength = { tokens: meanOutputTokens, logVariance: length.logVariance };
  return predictLatency(service, meanPromptTokens, company, meanLength, request.slo, 0).onTime;
}
