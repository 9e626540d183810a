/** A queue with Poisson arrivals, one line and several servers. Times are in the unit of `service`. */
export interface Queue {
  readonly servers: number;
  readonly rate: number;
  /** Mean service time. */
  readonly service: number;
}

/** Share of arrivals that find all servers busy when nobody waits (Erlang 1917), by its usual recursion. */
export function erlangB({ servers, rate, service }: Queue): number {
  const offered = rate * service;
  let blocked = 1;
  for (let count = 1; count <= servers; count += 1)
    blocked = (offered * blocked) / (count + offered * blocked);
  return blocked;
}

/** Share of arrivals that have to wait in M/M/c (Erlang 1917). */
export function erlangC(queue: Queue): number {
  const blocked = erlangB(queue);
  const utilisation = (queue.rate * queue.service) / queue.servers;
  return blocked / (1 - utilisation * (1 - blocked));
}

/** Mean wait in M/M/c before service begins. */
export function meanWait(queue: Queue): number {
  return (erlangC(queue) * queue.service) / (queue.servers - queue.rate * queue.service);
}

/** Share of arrivals in M/M/c that wait longer than `time`. */
export function waitBeyond(queue: Queue, time: number): number {
  const freeing = (queue.servers - queue.rate * queue.service) / queue.service;
  return erlangC(queue) * Math.exp(-freeing * time);
}

/** Mean wait in M/G/1 (Pollaczek 1930, Khinchine 1932), of service times with the given first two moments. */
export function meanWaitOfOneServer(rate: number, service: number, serviceSquared: number): number {
  return (rate * serviceSquared) / (2 * (1 - rate * service));
}
