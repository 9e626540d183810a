import { z } from 'zod';
import type { Catalogue } from '../../src/routing/catalogue.ts';
import { describeIssues, throwFaults } from '../workloads/file/issues.ts';
import { autoscalingSchema } from './autoscaler.ts';
import { delaySchema } from './delay.ts';
import { faultSchema } from './fault.ts';

/** No longer than an isolate may be out of date before it is of no use. */
const mostMs = 3_600_000;

/**
 * The conditions file: what lies between the edges, the ledger and the endpoints, how the endpoints scale, and what
 * goes wrong. README.md describes it for who writes one; nothing given is ideal.
 */
const conditionsSchema = z
  .strictObject({
    /** Isolates the requests are spread over, each with a snapshot of its own. */
    edges: z.int().positive().max(100_000).default(1),
    /** One way. */
    edgeToLedger: delaySchema.prefault({ meanMs: 0 }),
    edgeToEndpoint: delaySchema.prefault({ meanMs: 0 }),
    /**
     * A snapshot older than this is fetched anew before a decision. With 0, and no delay to the ledger, every decision
     * sees the ledger as it is.
     */
    snapshotMaxAgeMs: z.number().min(0).max(mostMs).default(0),
    /** How long a report to the ledger waits to travel with the edge's next question. */
    reportWithinMs: z.number().min(0).max(mostMs).default(0),
    /** What edges go by where a workload predicts no length itself: the task's mean, or what the ledger learns by requests. */
    lengths: z.enum(['task', 'learned']).default('task'),
    /** By endpoint. */
    coldStarts: z
      .record(
        z.string(),
        z
          .strictObject({
            /** The first request to a cold replica, and all that come meanwhile, wait so long. */
            startMs: z.number().positive().max(mostMs),
            /** A replica idle for so long is cold. Absent: only new ones and restored ones are. */
            afterIdleMs: z.number().positive().max(mostMs).optional(),
          })
          .readonly(),
      )
      .readonly()
      .default({}),
    /** By endpoint. */
    autoscaling: z.record(z.string(), autoscalingSchema).readonly().default({}),
    faults: z.array(faultSchema).readonly().default([]),
  })
  .readonly();
export type Conditions = z.output<typeof conditionsSchema>;
/** Conditions as a person writes them: defaults may be left out. */
export type ConditionsInput = z.input<typeof conditionsSchema>;

/** No delays, no faults, one edge that knows everything. */
export const idealConditions: Conditions = conditionsSchema.parse({});

/**
 * @param source what the document came from, for messages
 * @param catalogue that of the fleet the conditions are for; contenders that arrange its GPUs otherwise meet those
 * parts that concern endpoints they have
 * @throws Error with every fault on a line, each naming the field and the received value
 */
export function parseConditions(document: unknown, source: string, catalogue: Catalogue): Conditions {
  const parsed = conditionsSchema.safeParse(document, { reportInput: true });
  if (!parsed.success) throw new Error(describeIssues(source, parsed.error).join('\n'));
  throwFaults(source, referenceFaults(parsed.data, catalogue));
  return parsed.data;
}

function referenceFaults(conditions: Conditions, catalogue: Catalogue): string[] {
  const replicas = new Map(catalogue.endpoints.map((endpoint) => [endpoint.id, endpoint.replicas]));
  const known = [...replicas.keys()].join(', ');
  const unknown = (path: string, id: string) => `${path}: expected one of ${known}, received "${id}"`;
  const faults: string[] = [];
  for (const field of ['coldStarts', 'autoscaling'] as const)
    for (const id of Object.keys(conditions[field]))
      if (!replicas.has(id)) faults.push(unknown(`${field}.${id}`, id));
  for (const [index, fault] of conditions.faults.entries()) {
    const endpoint = 'endpoint' in fault ? fault.endpoint : undefined;
    if (endpoint !== undefined && !replicas.has(endpoint)) {
      faults.push(unknown(`faults[${index}].endpoint`, endpoint));
      continue;
    }
    if (!('replica' in fault)) continue;
    const befallen = endpoint === undefined ? [...replicas.keys()] : [endpoint];
    const most = Math.max(...befallen.map((id) => conditions.autoscaling[id]?.max ?? replicas.get(id)!));
    if (fault.replica >= most)
      faults.push(
        `faults[${index}].replica: ${befallen.join(', ')}: replicas 0 to ${most - 1}, received ${fault.replica}`,
      );
  }
  return faults;
}
