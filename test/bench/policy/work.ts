/** Parts of a decision that are measured by themselves. */
export const works = ['observe', 'shadow-price', 'features', 'plain', 'onnx'] as const;
export type Work = (typeof works)[number];

/** Numbers of actions in a batch: a small fleet, a large one, one that is larger than any. */
export const batches = [4, 16, 64] as const;
