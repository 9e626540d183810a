import { z } from 'zod';

const featureSchema = z
  .strictObject({
    name: z.string(),
    unit: z.string(),
    meaning: z.string(),
    /** The network is given (value − centre) / scale, held within ±`limit`. */
    centre: z.number(),
    scale: z.number(),
  })
  .readonly();

/**
 * What an exported network is: how to know its file, what it must be given, and where it comes from. It stands beside
 * the file, as JSON.
 */
export const manifestSchema = z
  .strictObject({
    format: z.literal(1),
    network: z
      .strictObject({
        /** SHA-256 of the .onnx file, in hex. */
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 digest in hex'),
        bytes: z.int().positive(),
        hidden: z.int().nonnegative(),
      })
      .readonly(),
    /** `OBSERVATION_VERSION` of the code that trained it. */
    observationVersion: z.int().positive(),
    /** Columns of its input, in order. */
    features: z.array(featureSchema).min(1).readonly(),
    /** Scaled features are held within ± this. */
    featureLimit: z.number().positive(),
    training: z
      .strictObject({
        seed: z.int().nonnegative(),
        /** Commit of the code that trained it. */
        commit: z.string().regex(/^[0-9a-f]{40}$/, 'a commit in hex'),
        configuration: z.record(z.string(), z.json()).readonly(),
      })
      .readonly(),
    /** How it did on the scenarios it was chosen by; `policy/artifacts/eval.md` has how it does on others. */
    evaluation: z.record(z.string(), z.json()).readonly(),
  })
  .readonly();
export type Manifest = z.output<typeof manifestSchema>;

/** Where a network comes from and how it did; the rest follows from the network and the code that exports it. */
export type Provenance = Pick<Manifest, 'training' | 'evaluation'>;
