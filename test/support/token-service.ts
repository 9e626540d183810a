import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { startUpstream, type Upstream } from './upstream.ts';

export interface TokenServiceOptions {
  /** Reads what the issuer publishes under a path. */
  readonly published: (path: string) => Promise<Response>;
  readonly roleArn: string;
  /** What it gives out, by the number of the exchange. */
  readonly credentials: (exchange: number) => {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
  };
  readonly nowMs: () => number;
}

/**
 * In place of AWS's token service: it trusts an issuer as IAM does, by what that publishes. A token whose signature,
 * issuer, audience, subject or time is wrong gets no credentials.
 */
export async function startTokenService(options: TokenServiceOptions): Promise<Upstream> {
  let exchanges = 0;
  return await startUpstream(async (response, { body }) => {
    const asked = new URLSearchParams(body);
    const fault = await faultIn(asked, options);
    if (fault !== undefined) {
      response.writeHead(400, { 'content-type': 'text/xml' });
      response.end(
        `<ErrorResponse><Error><Code>${fault}</Code><Message>no</Message></Error></ErrorResponse>`,
      );
      return;
    }
    exchanges++;
    const { accessKeyId, secretAccessKey, sessionToken } = options.credentials(exchanges);
    const expiration = new Date(options.nowMs() + Number(asked.get('DurationSeconds')) * 1000).toISOString();
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(`<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <Credentials>
      <AccessKeyId>${accessKeyId}</AccessKeyId>
      <SecretAccessKey>${secretAccessKey}</SecretAccessKey>
      <SessionToken>${sessionToken}</SessionToken>
      <Expiration>${expiration}</Expiration>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>`);
  });
}

/** The code with which AWS would refuse; undefined when it would not. */
async function faultIn(asked: URLSearchParams, options: TokenServiceOptions): Promise<string | undefined> {
  const { published, roleArn, nowMs } = options;
  if (asked.get('Action') !== 'AssumeRoleWithWebIdentity' || asked.get('Version') !== '2011-06-15')
    return 'InvalidAction';
  const [head = '', claims = '', signature = ''] = (asked.get('WebIdentityToken') ?? '').split('.');
  const { kid, alg } = decoded(head);
  const { iss, aud, sub, iat, exp } = decoded(claims);
  const { issuer } = (await (await published('/.well-known/openid-configuration')).json()) as {
    issuer: string;
  };
  const { keys } = (await (await published('/.well-known/jwks.json')).json()) as { keys: JsonWebKey[] };
  const key = keys.find((each) => each.kid === kid);
  const isSigned =
    key !== undefined &&
    alg === 'RS256' &&
    verify(
      'RSA-SHA256',
      Buffer.from(`${head}.${claims}`),
      createPublicKey({ key, format: 'jwk' }),
      Buffer.from(signature, 'base64url'),
    );
  if (!isSigned || iss !== issuer) return 'InvalidIdentityToken';
  const nowS = nowMs() / 1000;
  if (Number(iat) > nowS + 1 || Number(exp) < nowS) return 'ExpiredTokenException';
  const isTrusted = aud === 'sts.amazonaws.com' && sub === 'gateway' && asked.get('RoleArn') === roleArn;
  return isTrusted ? undefined : 'AccessDenied';
}

function decoded(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8') || '{}');
}
