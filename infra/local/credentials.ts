/** What a request to the SageMaker side has to be signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary credentials have one; then a request without it is turned down, and the reverse. */
  readonly sessionToken?: string;
}

/** Open to everybody: they guard nothing but the fleet on this machine. */
export const localCredentials: Credentials = {
  accessKeyId: 'AKIALOCALFLEET000000',
  secretAccessKey: 'local-fleet-secret-access-key',
};

/** The account the fleet belongs to, one of those AWS reserves for examples. */
export const accountId = '111122223333';
