import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Credentials } from '../credentials.ts';
import type { Faults } from '../faults.ts';
import type { RequestLog } from '../request-log.ts';
import type { Endpoint } from '../serving/endpoint.ts';

/** What every protocol serves from. */
export interface FleetState {
  readonly endpoints: readonly Endpoint[];
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly credentials: Credentials;
}

/** Answers the requests under its paths. May throw `HttpError`, to be sent as it is. */
export type Protocol = (
  request: IncomingMessage,
  response: ServerResponse,
  fleet: FleetState,
) => Promise<void>;
