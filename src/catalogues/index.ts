/** Catalogues that come with the Worker, by the name `CATALOGUE` gives. */
export const bundledCatalogues: Readonly<Record<string, unknown>> = {};
