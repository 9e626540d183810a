import { join } from 'node:path';
import { bundleProject } from '../gateway/bundle.ts';
import { cpuMs } from '../gateway/processes.ts';
import type { WorkerConfig } from '../gateway/project-config.ts';
import { median } from '../gateway/statistics.ts';
import { startWorkerd } from '../gateway/workerd.ts';
import { batches, type Work, works } from './work.ts';

/** CPU time of one part of a decision. */
export interface DecisionCost {
  readonly work: Work;
  readonly actions: number;
  /** Undefined where the kernel does not tell the time of a process. */
  readonly cpuUs: number | undefined;
}

/** Enough for some 100 ms of the quickest work, and little enough for a second of the slowest. */
const times = 5_000;

/** Does every part of a decision over and over, one after the other, round after round; medians over the rounds. */
export async function measureDecisions(
  config: WorkerConfig,
  rounds: number,
  progress: (text: string) => void,
): Promise<readonly DecisionCost[]> {
  const bundle = await bundleProject('decisions', join(import.meta.dirname, 'workers/decisions.ts'));
  const { process, port } = await startWorkerd(bundle, config);
  const cells = works.flatMap((work) => batches.map((actions) => ({ work, actions, us: [] as number[] })));
  // The first round is for the compilers.
  for (let round = 0; round <= rounds; round++) {
    progress(`decisions, round ${round} of ${rounds}`);
    for (const { work, actions, us } of cells) {
      const before = cpuMs(process.pid);
      const url = `http://127.0.0.1:${port}/?work=${work}&actions=${actions}&times=${times}`;
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
      const after = cpuMs(process.pid);
      if (round > 0 && before !== undefined && after !== undefined)
        us.push(((after - before) * 1_000) / times);
    }
  }
  await process.end();
  return cells.map(({ work, actions, us }) => ({
    work,
    actions,
    cpuUs: us.length === 0 ? undefined : median(us),
  }));
}
