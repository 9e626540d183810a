import type { Clock } from '../platform/clock.ts';
import { addressFault } from './address.ts';
import { type Bindings, textIn } from './bindings.ts';
import { BackendError } from './failure.ts';
import { awsBindings as aws } from './required-bindings.ts';
import { WebIdentityCredentials } from './web-identity-credentials.ts';
import { type OtherKey, parseOtherKeys, parseSigningKey, type SigningKey } from './web-identity-keys.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
}

/**
 * Gives the credentials of this moment for a region; undefined where there are none.
 * @throws BackendError when AWS does not give any out
 */
export type CredentialSource = (region: string) => Promise<AwsCredentials | undefined>;

/** A role's credentials of an hour where a role is named, else the access key among the bindings. */
export function awsCredentialSource(bindings: Bindings, clock: Clock): CredentialSource {
  const roleArn = textIn(bindings, aws.roleArn);
  if (roleArn === undefined) return async () => accessKey(bindings);
  const issuer = issuerIn(bindings);
  if (issuer === undefined)
    return misconfigured(
      `${aws.roleArn} needs ${aws.issuer} and ${aws.signingKey}, a private RSA key as a JSON Web Key`,
    );
  const tokenServiceUrl = textIn(bindings, aws.tokenServiceUrl);
  // Whoever gets a token of the gateway may take its role: it goes to no other machine in the clear.
  const fault = tokenServiceUrl && addressFault(tokenServiceUrl, { plainHttp: false });
  if (fault) return misconfigured(`${aws.tokenServiceUrl}: ${fault}`);
  const identity = { roleArn, ...issuer, ...(tokenServiceUrl !== undefined && { tokenServiceUrl }) };
  const credentials = new WebIdentityCredentials(identity, clock);
  return (region) => credentials.get(region);
}

function misconfigured(message: string): CredentialSource {
  return async () => {
    throw new BackendError({ kind: 'misconfigured', status: 401 }, message);
  };
}

/** The gateway as an issuer of tokens about itself; undefined where it is none. */
export function issuerIn(
  bindings: Bindings,
): { readonly issuer: string; readonly signingKey: SigningKey } | undefined {
  const issuer = textIn(bindings, aws.issuer);
  const signingKey = parseSigningKey(textIn(bindings, aws.signingKey) ?? '');
  return issuer === undefined || signingKey === undefined ? undefined : { issuer, signingKey };
}

/** The keys that are published beside the one that signs. */
export function otherKeysIn(bindings: Bindings): readonly OtherKey[] {
  const given = textIn(bindings, aws.otherKeys);
  if (given === undefined) return [];
  const keys = parseOtherKeys(given);
  // The signing key is still worth publishing.
  if (keys === undefined)
    console.error(`${aws.otherKeys}: no JSON Web Key Set of public RSA keys with "exp"`);
  return keys ?? [];
}

function accessKey(bindings: Bindings): AwsCredentials | undefined {
  const accessKeyId = textIn(bindings, aws.accessKeyId);
  const secretAccessKey = textIn(bindings, aws.secretAccessKey);
  const sessionToken = textIn(bindings, aws.sessionToken);
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}
