import { type CloudState, Failure, option, type StandIn } from './state.ts';

/** In place of wrangler: the commands that a deployment uses, in the shapes that it answers in. */
export const wrangler: StandIn = (state, args, input) => {
  const [first, second, third, fourth = ''] = args;
  switch (first) {
    case 'whoami':
      if (!state.loggedIn) throw new Failure('{"loggedIn":false}');
      return { loggedIn: true };
    case 'r2':
      if (!state.r2) throw new Failure('Please enable R2 through the Cloudflare Dashboard. [code: 10042]');
      if (second === 'object') return object(state, third ?? '', fourth, input);
      if (third === 'list') return undefined;
      if (third === 'create') {
        state.buckets[fourth] = {};
        return undefined;
      }
      if (state.buckets[fourth] === undefined)
        throw new Failure('The specified bucket does not exist. [code: 10006]');
      if (third === 'info') return { name: fourth };
      if (Object.keys(state.buckets[fourth]).length > 0)
        throw new Failure('The bucket you tried to delete is not empty. [code: 10008]');
      delete state.buckets[fourth];
      return undefined;
    case 'secret':
      if (second === 'list') {
        if (state.worker === null)
          throw new Failure(`Worker "mixed-worker" (env: ${option(args, '--env')}) not found.`);
        return Object.keys(state.worker.secrets).map((name) => ({ name, type: 'secret_text' }));
      }
      if (state.isRolledBack)
        throw new Failure(
          "Secret edit failed. You attempted to modify a secret, but the latest version of your Worker isn't currently deployed.",
        );
      // Where there is no Worker, wrangler makes one that holds the secrets and does nothing.
      state.worker ??= { secrets: {}, variables: {} };
      for (const [name, value] of Object.entries<string | null>(JSON.parse(input)))
        if (value === null) delete state.worker.secrets[name];
        else state.worker.secrets[name] = value;
      return undefined;
    case 'deploy': {
      const variables = args.flatMap((arg, index) =>
        args[index - 1] === '--var'
          ? [[arg.slice(0, arg.indexOf(':')), arg.slice(arg.indexOf(':') + 1)]]
          : [],
      );
      state.isRolledBack = false;
      state.worker = { secrets: state.worker?.secrets ?? {}, variables: Object.fromEntries(variables) };
      return undefined;
    }
    case 'delete':
      if (state.worker === null)
        throw new Failure('This Worker does not exist on your account. [code: 10007]');
      state.worker = null;
      return undefined;
    default:
      throw new Failure(`the stand-in does not know: wrangler ${args.join(' ')}`);
  }
};

function object({ buckets }: CloudState, command: string, path: string, input: string): undefined {
  const [bucket = ''] = path.split('/');
  const key = path.slice(bucket.length + 1);
  const objects = buckets[bucket];
  if (objects === undefined) throw new Failure('The specified bucket does not exist. [code: 10006]');
  if (command === 'put') objects[key] = input;
  else if (!(key in objects)) throw new Failure('The specified key does not exist.');
  else if (command === 'delete') delete objects[key];
  return undefined;
}
