import { expect } from 'vitest';
import type { Context } from '../../../infra/provisioning/context.ts';
import { mixedEnvironment } from '../environment.ts';
import type { Clouds } from './clouds.ts';

/** A hash of an admin token, in the form that a deployment takes. */
export const adminTokenHash = `${'d'.repeat(32)}:${'d'.repeat(64)}`;

/** Goes on without being asked. */
export const goOn = { planOnly: false, confirm: async () => true };

/** A deployment of the mixed environment to stand-ins for both clouds, and what its operator is told. */
export function deploymentTo(clouds: Clouds, changes: Partial<Context> = {}) {
  const said: string[] = [];
  let nowMs = Date.UTC(2026, 10, 1);
  const context: Context = {
    environment: mixedEnvironment(),
    documentPath: 'mixed.json',
    programs: clouds.programs,
    variables: { ADMIN_TOKEN_HASH: adminTokenHash },
    fetch: () => expect.fail('asked'),
    clock: () => nowMs,
    pause: async (ms) => {
      nowMs += ms;
    },
    say: (line) => said.push(line),
    ...changes,
  };
  return { context, said: () => said.join('\n') };
}
