import { type Catalogue, type Endpoint, endpointOf, type Variant } from './catalogue.ts';

/** How a catalogue's variants stand to each other. Indexes are of `catalogue.variants`. */
export interface Layout {
  /** Per variant: the endpoint it runs on. */
  readonly endpoints: readonly Endpoint[];
  /** Per variant: those on its endpoint, itself included. */
  readonly onEndpoint: readonly (readonly number[])[];
  /**
   * Per variant: where its endpoint stands among those of the same model, −1 first to 1 last, turned round for the
   * lesser models of a shared endpoint. Whoever follows it gathers large models at one end of a fleet of equal shared
   * GPUs and small ones at the other. 0 where there is no choice.
   */
  readonly side: readonly number[];
  /** Per task: all variants, best first. */
  readonly ladders: ReadonlyMap<string, readonly number[]>;
}

const known = new WeakMap<Catalogue, Layout>();

/** The layout of a catalogue; worked out once, a catalogue never changes. */
export function layoutOf(catalogue: Catalogue): Layout {
  let layout = known.get(catalogue);
  if (layout === undefined) {
    layout = workOut(catalogue);
    known.set(catalogue, layout);
  }
  return layout;
}

function workOut(catalogue: Catalogue): Layout {
  const { variants, tasks } = catalogue;
  const indexesWhere = (isOne: (variant: Variant) => boolean) =>
    variants.flatMap((variant, index) => (isOne(variant) ? [index] : []));
  const onEndpoint = variants.map(({ endpoint }) => indexesWhere((other) => other.endpoint === endpoint));
  const twins = variants.map(({ model }) => indexesWhere((other) => other.model === model));
  return {
    endpoints: variants.map((variant) => endpointOf(catalogue, variant)),
    onEndpoint,
    side: variants.map((_, index) => {
      const rank = place(
        index,
        [...onEndpoint[index]!].sort((a, b) => variants[a]!.prior.tpotMs - variants[b]!.prior.tpotMs),
      );
      return place(index, twins[index]!) * (onEndpoint[index]!.length === 1 ? 1 : rank);
    }),
    ladders: new Map(
      Object.keys(tasks).map((task) => {
        const quality = (index: number) => variants[index]!.quality[task] ?? 0;
        return [task, variants.map((_, index) => index).sort((a, b) => quality(b) - quality(a))];
      }),
    ),
  };
}

/** −1 for the first of a row to 1 for the last; 0 for one that is alone. */
function place(index: number, row: readonly number[]): number {
  return row.length === 1 ? 0 : (2 * row.indexOf(index)) / (row.length - 1) - 1;
}
