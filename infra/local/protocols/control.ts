import { faultRuleSchema } from '../faults.ts';
import { readBody, send } from '../http.ts';
import { HttpError, jsonAnswer } from '../wire/refusal.ts';
import type { FleetState, Protocol } from './protocol.ts';

/**
 * The fleet's own controls, for who cannot call them in-process:
 * `GET`, `POST` and `DELETE /control/faults`, `GET` and `DELETE /control/requests`, `GET /control/load`.
 */
export const control: Protocol = async (request, response, fleet) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fleet');
  switch (`${request.method} ${pathname}`) {
    case 'POST /control/faults':
      fleet.faults.add(faultRule(await readBody(request), fleet));
      break;
    case 'DELETE /control/faults':
      fleet.faults.clear(searchParams.get('endpoint') ?? undefined);
      break;
    case 'DELETE /control/requests':
      fleet.log.clear();
      break;
    case 'GET /control/faults':
    case 'GET /control/requests':
    case 'GET /control/load':
      break;
    default:
      throw new HttpError(jsonAnswer(404, { error: `no such control: ${request.method} ${pathname}` }));
  }
  send(response, jsonAnswer(200, view(pathname, fleet)));
};

function view(path: string, fleet: FleetState): object {
  if (path === '/control/requests') return fleet.log.records;
  if (path === '/control/faults') return fleet.faults.rules;
  return Object.fromEntries(fleet.endpoints.map((endpoint) => [endpoint.definition.id, endpoint.load()]));
}

function faultRule(bytes: Uint8Array, fleet: FleetState) {
  const rule = faultRuleSchema.safeParse(parsed(bytes));
  if (!rule.success) throw new HttpError(jsonAnswer(400, { error: rule.error.issues }));
  const known = fleet.endpoints.map((endpoint) => endpoint.definition.id);
  if (known.includes(rule.data.endpoint)) return rule.data;
  const error = `endpoint: ${rule.data.endpoint}; known: ${known.join(', ')}`;
  throw new HttpError(jsonAnswer(400, { error }));
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new HttpError(jsonAnswer(400, { error: 'body: not JSON' }));
  }
}
