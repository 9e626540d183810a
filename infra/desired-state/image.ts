/** Where a container image is. */
export interface ImageAddress {
  /** Number of the account that owns the registry. */
  readonly registry: string;
  readonly region: string;
  readonly repository: string;
  readonly tag: string;
}

export const imagePattern = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^:\s]+):([^:\s]+)$/;

/** @param image of the form that the deployment document's schema has checked */
export function imageAddress(image: string): ImageAddress {
  const [, registry, region, repository, tag] = imagePattern.exec(image)!;
  return { registry: registry!, region: region!, repository: repository!, tag: tag! };
}
