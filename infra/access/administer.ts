import { z } from 'zod';
import { CommandError } from '../../policy/command-line/command-error.ts';
import type { Administration } from './arguments.ts';

/** How long the gateway may take. */
const answerMs = 10_000;

const keySchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  state: z.enum(['active', 'revoked', 'expired']),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  policy: z.looseObject({ limits: z.record(z.string(), z.number()) }),
  usage: z.record(z.string(), z.number()),
  /** Of a new secret only. */
  key: z.string().optional(),
});
export type ListedKey = z.output<typeof keySchema>;

const answerSchema = z.union([
  z.object({ object: z.literal('list'), data: z.array(keySchema) }).transform(({ data }) => data),
  keySchema.transform((key) => [key]),
]);
const errorSchema = z.object({ error: z.object({ message: z.string() }) });

/** What the gateway answered: as it came, and its keys. */
export interface Answer {
  readonly document: unknown;
  readonly keys: readonly ListedKey[];
}

/** @throws CommandError when the gateway cannot be reached, or refuses, with its own words */
export async function administer({
  gateway,
  adminToken,
  method,
  path,
  body,
}: Administration): Promise<Answer> {
  const response = await reach(`${gateway}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
    // The token must not follow to an address nobody has named.
    redirect: 'error',
    signal: AbortSignal.timeout(answerMs),
  });
  const document: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw refusal(gateway, response.status, document);
  const answer = answerSchema.safeParse(document);
  if (!answer.success) throw new CommandError(`--gateway: ${gateway} answers, but not as this gateway does`);
  return { document, keys: answer.data };
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new CommandError(`--gateway: no answer from ${new URL(address).origin}: ${cause}`, {
      cause: error,
    });
  }
}

function refusal(gateway: string, status: number, document: unknown): CommandError {
  const error = errorSchema.safeParse(document);
  if (status === 401) return new CommandError(`ADMIN_TOKEN: ${gateway} does not know it`);
  const words = error.success ? error.data.error.message : `HTTP ${status}`;
  const hint = words.includes('no administration') ? '; give it the secret ADMIN_TOKEN_HASH' : '';
  return new CommandError(`${gateway} refuses: ${words}${hint}`);
}
