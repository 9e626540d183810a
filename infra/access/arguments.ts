import { CommandError } from '../../policy/command-line/command-error.ts';
import { Flags } from '../../policy/command-line/flags.ts';
import { parseAdminToken } from '../../src/access/api-key.ts';
import { isLoopback } from '../../src/backends/address.ts';

/** A request to the administration of a gateway's keys. */
export interface Administration {
  readonly kind: 'administration';
  readonly gateway: string;
  readonly adminToken: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly json: boolean;
}

export type AccessCommand =
  | 'help'
  | { readonly kind: 'admin-token'; readonly json: boolean }
  | Administration;

const defaultGateway = 'http://127.0.0.1:8787';

export const usage = `Usage: npm run keys -- admin-token | create | list | revoke | rotate [options]

The keys of a running gateway. A new key is shown once; the gateway keeps a salted hash of it.

  admin-token               makes the token that administers keys, and the hash to give the gateway
                            as the secret ADMIN_TOKEN_HASH; asks no gateway
  create --name NAME        a new key
    --requests-per-minute N
    --tokens-per-minute N   prompt and output tokens, in any 60 seconds
    --tokens-per-day N      since midnight, UTC
    --tokens-per-month N    since the first of the month, UTC
    --output-tokens N       most output tokens of one answer (4096 where tokens are limited)
    --variants A,B,…        variants it may use (default: all)
    --classes A,B,…         interactive, standard, batch (default: all)
    --expires-days N
  list                      every key, with what it used
  revoke --id ID            ends a key at once
  rotate --id ID            gives a key another secret; limits and budgets go on
    --grace-hours N         how long the last secret may still be used (default 0)

  --gateway URL             (default GATEWAY_URL, or ${defaultGateway})
  --json                    print the answer as one JSON document
  --help                    this text

ADMIN_TOKEN holds the token; it is taken from nowhere else. To keep it out of the shell's history:
  read -rs ADMIN_TOKEN && export ADMIN_TOKEN
`;

const amounts = {
  'requests-per-minute': 'requestsPerMinute',
  'tokens-per-minute': 'tokensPerMinute',
  'tokens-per-day': 'tokensPerDay',
  'tokens-per-month': 'tokensPerMonth',
  'output-tokens': 'outputTokens',
} as const;

const common = { gateway: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } } as const;
const tokenFlags = { json: { type: 'boolean' } } as const;
const creation = {
  ...common,
  name: { type: 'string' },
  'requests-per-minute': { type: 'string' },
  'tokens-per-minute': { type: 'string' },
  'tokens-per-day': { type: 'string' },
  'tokens-per-month': { type: 'string' },
  'output-tokens': { type: 'string' },
  variants: { type: 'string' },
  classes: { type: 'string' },
  'expires-days': { type: 'string' },
} as const;
const revocation = { ...common, id: { type: 'string' } } as const;
const rotation = { ...revocation, 'grace-hours': { type: 'string' } } as const;

/** @throws CommandError naming the command, flag or variable at fault */
export function parseArguments(args: readonly string[], environment: NodeJS.ProcessEnv): AccessCommand {
  const [command = '--help', ...rest] = args;
  if (rest.includes('--help')) return 'help';
  switch (command) {
    case '--help':
      return 'help';
    case 'admin-token':
      return {
        kind: 'admin-token',
        json: new Flags<keyof typeof tokenFlags>(tokenFlags, rest).has('json'),
      };
    case 'create': {
      const flags = new Flags<keyof typeof creation>(creation, rest);
      return administration(flags, environment, 'POST', '/keys', creationBody(flags));
    }
    case 'list':
      return administration(new Flags<keyof typeof common>(common, rest), environment, 'GET', '/keys');
    case 'revoke': {
      const flags = new Flags<keyof typeof revocation>(revocation, rest);
      return administration(flags, environment, 'POST', `/keys/${idIn(flags)}/revoke`, {});
    }
    case 'rotate': {
      const flags = new Flags<keyof typeof rotation>(rotation, rest);
      const graceHours = flags.number('grace-hours', { least: 0, most: 720 }) ?? 0;
      const body = { graceSeconds: Math.round(graceHours * 3_600) };
      return administration(flags, environment, 'POST', `/keys/${idIn(flags)}/rotate`, body);
    }
    default:
      throw new CommandError(`no such command: ${command}; known: admin-token, create, list, revoke, rotate`);
  }
}

function administration(
  flags: Flags<keyof typeof common>,
  { GATEWAY_URL, ADMIN_TOKEN }: NodeJS.ProcessEnv,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Administration {
  if (ADMIN_TOKEN === undefined || ADMIN_TOKEN === '')
    throw new CommandError("ADMIN_TOKEN: missing; it has to hold the admin's token, see --help");
  // Whatever it is, it must not be repeated, as an error about a header that cannot be sent would.
  if (parseAdminToken(ADMIN_TOKEN) === undefined)
    throw new CommandError(
      'ADMIN_TOKEN: is none; it has to be one that `npm run keys -- admin-token` has printed',
    );
  const gateway = gatewayIn(flags.text('gateway') ?? GATEWAY_URL ?? defaultGateway);
  const json = flags.has('json');
  return {
    kind: 'administration',
    gateway,
    adminToken: ADMIN_TOKEN,
    method,
    path,
    json,
    ...(body && { body }),
  };
}

/** The token goes to this address: it must be encrypted, or stay on this machine. */
function gatewayIn(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new CommandError(
      `--gateway: expected an address such as https://gateway.example.com, got "${text}"`,
    );
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw new CommandError(`--gateway: must begin with https:// unless it is on this machine, got "${text}"`);
  return url.origin;
}

function idIn(flags: Flags<'id'>): string {
  const id = flags.required('id');
  if (/^[0-9a-f]{12}$/.test(id)) return id;
  // A whole key given by mistake must not be repeated.
  throw new CommandError('--id: expected the 12 characters that `list` shows, the second part of the key');
}

function creationBody(flags: Flags<keyof typeof creation>): object {
  const limits = Object.entries(amounts).flatMap(([flag, field]) => {
    const amount = flags.number(flag as keyof typeof amounts, { least: 1, most: 1e15, whole: true });
    return amount === undefined ? [] : [[field, amount] as const];
  });
  const days = flags.number('expires-days', { above: 0, most: 3_650 });
  const [variants, classes] = [flags.text('variants')?.split(','), flags.text('classes')?.split(',')];
  return {
    name: flags.required('name'),
    limits: Object.fromEntries(limits),
    ...(variants && { variants }),
    ...(classes && { classes }),
    ...(days !== undefined && { expiresInSeconds: Math.max(Math.round(days * 86_400), 1) }),
  };
}
