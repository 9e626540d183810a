import type { Cloudflare } from '../cloudflare.ts';
import type { Context } from '../context.ts';
import { operatorSecrets } from '../secrets.ts';
import type { Step } from '../step.ts';

/** The operator's own secrets, which go with the Worker. Those set in the shell replace the Worker's; the others stay as they are. */
export function secrets({ environment, variables }: Context, cloudflare: Cloudflare): Step {
  const names = operatorSecrets(environment);
  const given = () => names.flatMap((name) => (variables[name] ? [[name, variables[name]] as const] : []));
  return {
    name: 'secrets',
    what: `secrets of the Worker: ${names.join(', ')}`,
    isDone: async () => given().length === 0,
    run: () => cloudflare.putSecrets(Object.fromEntries(given())),
  };
}
