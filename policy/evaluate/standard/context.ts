import { contenderNames } from '../../rivals/contenders.ts';
import { contenderOf } from '../contender-of.ts';
import type { Progress } from '../progress.ts';
import type { Arena, Setting } from '../trial.ts';
import type { Trials } from '../trials.ts';
import type { Missing } from './document.ts';
import { focusNames, loads } from './plan.ts';

/** What every part of the standard table is made with. */
export interface Context {
  readonly arena: Arena;
  readonly trials: Pick<Trials, 'run' | 'seconds' | 'bounds' | 'unseen'>;
  readonly seeds: number;
  readonly progress: Pick<Progress, 'expect'>;
  readonly roster: Roster;
}

/** Who takes part where. Contenders that exist and cannot, and traces that are not there, are noted with the reason. */
export class Roster {
  readonly #arena: Arena;
  readonly #missing = new Map<string, Missing>();

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  get missing(): readonly Missing[] {
    return [...this.#missing.values()];
  }

  /** Those of the names that can take part in a setting. */
  present(setting: Setting, names: readonly string[]): string[] {
    // Those with an @ are variations of others, whose names nobody lists.
    const existing = names.filter((name) => contenderNames.includes(name) || name.includes('@'));
    return existing.filter((name) => this.#canTakePart(name, setting));
  }

  /** Whether a setting's recordings are there. */
  canRun(setting: Setting): boolean {
    return this.#canTakePart(loads.baseline, setting);
  }

  /** The contender that stands for the project in all of the settings. */
  focus(settings: readonly Setting[]): string {
    const able = focusNames.filter((name) =>
      settings.every((setting) => this.present(setting, [name]).length === 1),
    );
    return able[0] ?? focusNames.at(-1)!;
  }

  #canTakePart(name: string, setting: Setting): boolean {
    const { fleet, workload } = setting;
    try {
      const tunedFor = this.#arena.workload(setting).name;
      contenderOf(name, { fleet: this.#arena.fleet(fleet), workload: tunedFor });
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#missing.set(`${fleet} ${workload} ${name}`, { fleet, workload, scorer: name, reason });
      return false;
    }
  }
}
