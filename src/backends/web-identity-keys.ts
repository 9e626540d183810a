import { z } from 'zod';

const text = z.string().min(1);
const publicFields = { kty: z.literal('RSA'), kid: text, n: text, e: text };

const privateKeySchema = z
  .object({ ...publicFields, d: text, p: text, q: text, dp: text, dq: text, qi: text })
  .readonly();

/** A private RSA key as a JSON Web Key (RFC 7517). */
export type SigningKey = z.output<typeof privateKeySchema>;

const otherKeySchema = z
  .object({
    ...publicFields,
    /** Seconds since 1970 from which on it is no longer published. */
    exp: z.int().positive(),
  })
  .readonly();

/** A public key that is published beside the one that signs: the one before it, or the one to come. */
export type OtherKey = z.output<typeof otherKeySchema>;

const otherKeysSchema = z.object({ keys: z.array(otherKeySchema).readonly() }).readonly();

/** @returns undefined for what is no private RSA key with a `kid`; the text is a secret and goes nowhere else */
export function parseSigningKey(json: string): SigningKey | undefined {
  return parsed(privateKeySchema, json);
}

/** @returns undefined for what is no set of public keys, each with its end; a private half is left out */
export function parseOtherKeys(json: string): readonly OtherKey[] | undefined {
  return parsed(otherKeysSchema, json)?.keys;
}

function parsed<T>(schema: z.ZodType<T>, json: string): T | undefined {
  try {
    return schema.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}

/**
 * The keys to check tokens with, as a JSON Web Key Set: the signing key's public half, and the others that have not
 * ended. While keys are exchanged both are there, since whoever checks, or another edge, may be a version behind.
 */
export function publicKeySet(signing: SigningKey, others: readonly OtherKey[], nowMs: number) {
  const current = others.filter(({ kid, exp }) => kid !== signing.kid && exp * 1000 > nowMs);
  return { keys: [published(signing), ...current.map((key) => ({ ...published(key), exp: key.exp }))] };
}

function published({ kty, kid, n, e }: SigningKey | OtherKey) {
  return { kty, kid, n, e, alg: 'RS256', use: 'sig' };
}
