/** A secret as it is stored: hex of SHA-256 over the salt's and the secret's text, and the salt, hex of 16 bytes. */
export interface SaltedHash {
  readonly salt: string;
  readonly hash: string;
}

const pattern = /^([0-9a-f]{32}):([0-9a-f]{64})$/;

/** Stands in where there is nothing to compare with, so that the comparison takes as long as any other. */
export const nobodysHash: SaltedHash = { salt: '0'.repeat(32), hash: '0'.repeat(64) };

/**
 * Hashes a secret under a salt of its own. One round is enough: the secrets hashed here are 256 random bits, never
 * words a person chose, so there is nothing to guess that a slow hash would make dearer, while every request pays for it.
 */
export async function saltedHash(secret: string): Promise<SaltedHash> {
  const salt = toHex(crypto.getRandomValues(new Uint8Array(16)));
  return { salt, hash: await digest(salt, secret) };
}

/** Whether this is the secret, in a time that does not depend on how much of it is right. */
export async function isSecret(secret: string, { salt, hash }: SaltedHash): Promise<boolean> {
  return isEqual(await digest(salt, secret), hash);
}

/** `salt:hash`, or undefined for any other text. */
export function parseSaltedHash(text: string): SaltedHash | undefined {
  const [, salt, hash] = pattern.exec(text) ?? [];
  return salt === undefined || hash === undefined ? undefined : { salt, hash };
}

export function formatSaltedHash({ salt, hash }: SaltedHash): string {
  return `${salt}:${hash}`;
}

async function digest(salt: string, secret: string): Promise<string> {
  const text = new TextEncoder().encode(salt + secret);
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', text)));
}

/** Looks at every character, whether or not an earlier one differs. */
function isEqual(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index++)
    difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  return difference === 0;
}

function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
