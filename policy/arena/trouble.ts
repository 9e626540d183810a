import type { Random } from '../../src/platform/random.ts';
import type { Agenda } from './agenda.ts';
import type { EndpointFault, Fault } from './fault.ts';
import { type Gate, RateLimit, refuseShare } from './gate.ts';
import type { LedgerLink } from './ledger-link.ts';
import { type Schedule, windowsOf } from './schedule.ts';
import type { SimulatedEndpoint } from './simulated-endpoint.ts';
import { streamNamed } from './streams.ts';

/** A fault in one place. `begin` and `end` take turns. */
interface Trouble {
  begin(nowMs: number): void;
  end(nowMs: number): void;
}

/** Where faults act. */
export interface Scene {
  readonly agenda: Agenda;
  /** Of the fleet at hand; faults at others do not concern it. */
  readonly endpoints: ReadonlyMap<string, SimulatedEndpoint>;
  readonly link: Pick<LedgerLink, 'loseSettles' | 'saveEvery' | 'evict'>;
}

/** Puts faults on their schedules. Each draws from a stream of its own. */
export function scheduleFaults(faults: readonly Fault[], scene: Scene, seed: number): void {
  for (const [index, fault] of faults.entries()) {
    const name = `fault ${index}`;
    if (fault.kind === 'lost-settles' || fault.kind === 'ledger-eviction') {
      const trouble =
        fault.kind === 'lost-settles'
          ? lostSettles(fault.share, scene.link, streamNamed(seed, name))
          : eviction(fault.saveEveryMs, scene.link);
      follow(fault.when, trouble, scene.agenda, seed, name);
      continue;
    }
    for (const [id, endpoint] of scene.endpoints) {
      if (fault.endpoint !== undefined && fault.endpoint !== id) continue;
      const own = `${name} ${id}`;
      follow(fault.when, troubleAt(endpoint, fault, streamNamed(seed, own)), scene.agenda, seed, own);
    }
  }
}

function follow(schedule: Schedule, trouble: Trouble, agenda: Agenda, seed: number, name: string): void {
  const windows = windowsOf(schedule, streamNamed(seed, `${name} when`));
  const next = () => {
    const { done, value } = windows.next();
    if (done) return;
    agenda.changeAt(value.fromMs, () => {
      trouble.begin(agenda.nowMs);
      if (value.toMs === Number.POSITIVE_INFINITY) return;
      agenda.changeAt(value.toMs, () => {
        trouble.end(agenda.nowMs);
        next();
      });
    });
  };
  next();
}

function troubleAt(endpoint: SimulatedEndpoint, fault: EndpointFault, random: Random): Trouble {
  switch (fault.kind) {
    case 'outage':
      return { begin: (nowMs) => endpoint.beginOutage(nowMs), end: () => endpoint.endOutage() };
    case 'throttling': {
      const { retryAfterMs } = fault;
      return gated(endpoint, () => refuseShare(fault.share, { kind: 'throttled', retryAfterMs }, random));
    }
    case 'rate-limit':
      return gated(endpoint, (nowMs) => new RateLimit(fault.requestsPerSecond, fault.burst, nowMs));
    case 'errors':
      return gated(endpoint, () => refuseShare(fault.share, { kind: 'failed', status: 500 }, random));
    case 'silence':
      return gated(endpoint, () => refuseShare(fault.share, 'silence', random));
    case 'slow-replica':
      return slowReplica(endpoint, fault.replica, fault.factor);
    case 'replica-failure':
      return replicaFailure(endpoint, fault.replica);
  }
}

/** A gate that stands for the time of each window. */
function gated(endpoint: SimulatedEndpoint, make: (nowMs: number) => Gate): Trouble {
  let gate: Gate;
  return {
    begin: (nowMs) => {
      gate = make(nowMs);
      endpoint.addGate(gate);
    },
    end: () => endpoint.removeGate(gate),
  };
}

/** The replica that has the place when the window begins recovers when it ends, wherever it stands by then. */
function slowReplica(endpoint: SimulatedEndpoint, index: number, factor: number): Trouble {
  let slow: ReturnType<SimulatedEndpoint['replica']>;
  return {
    begin: (nowMs) => {
      slow = endpoint.replica(index);
      slow?.slowDown(factor, nowMs);
    },
    end: (nowMs) => slow?.recover(factor, nowMs),
  };
}

function replicaFailure(endpoint: SimulatedEndpoint, index: number): Trouble {
  let failed: ReturnType<SimulatedEndpoint['failReplica']>;
  return {
    begin: (nowMs) => {
      failed = endpoint.failReplica(index, nowMs);
    },
    end: () => {
      if (failed !== undefined) endpoint.restoreReplica(failed);
    },
  };
}

/** Over as soon as it has begun: the process is restarted by the next question. */
function eviction(saveEveryMs: number, link: Scene['link']): Trouble {
  link.saveEvery(saveEveryMs);
  return { begin: () => link.evict(), end: () => {} };
}

function lostSettles(share: number, link: Scene['link'], random: Random): Trouble {
  let loss: ReturnType<LedgerLink['loseSettles']>;
  return {
    begin: () => {
      loss = link.loseSettles(() => random() < share);
    },
    end: () => loss.stop(),
  };
}
