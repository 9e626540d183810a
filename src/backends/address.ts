/** Hosts of the services that hand out a cloud machine's own credentials to whoever asks from inside. */
const metadataHosts = new Set([
  'metadata.google.internal',
  'metadata',
  'instance-data.ec2.internal',
  'instance-data',
  '[fd00:ec2::254]',
  '100.100.100.200',
]);

/**
 * Why requests must not be sent to an address, or undefined when they may: they carry prompts and credentials. The
 * message repeats nothing of the address, which may hold a password.
 * @param plainHttp whether other machines may be called without encryption, as on a network of one's own
 */
export function addressFault(address: string, { plainHttp }: { plainHttp: boolean }): string | undefined {
  const url = URL.parse(address);
  if (url === null) return 'not an address';
  if (url.username !== '' || url.password !== '') return 'must hold no user name and no password';
  if (url.hash !== '' || url.search !== '') return 'must hold neither a query nor a fragment';
  // A name that ends in a dot is the same name.
  if (isLinkLocal(url.hostname) || metadataHosts.has(url.hostname.replace(/\.$/, '')))
    return 'must not lead to link-local addresses or to a metadata service';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:' && (plainHttp || isLoopback(url.hostname))) return undefined;
  return 'must begin with https://; http:// is for this machine, and for ACCESS=open';
}

/** Whether a host, as URLs write it, is this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

function isLinkLocal(hostname: string): boolean {
  return (
    hostname.startsWith('169.254.') ||
    /^\[fe[89ab][0-9a-f]:/.test(hostname) ||
    /^\[::ffff:a9fe:/.test(hostname)
  );
}
