/** By then every place where the Worker runs has its new secrets. */
export const everywhereMs = 60_000;
