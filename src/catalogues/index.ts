import chat from './chat.json' with { type: 'json' };
import paperCohosted from './paper-cohosted.json' with { type: 'json' };
import paperPartitioned from './paper-partitioned.json' with { type: 'json' };

/** Catalogues that come with the Worker, by the name `CATALOGUE` gives. */
export const bundledCatalogues: Readonly<Record<string, unknown>> = {
  chat,
  'paper-cohosted': paperCohosted,
  'paper-partitioned': paperPartitioned,
};
