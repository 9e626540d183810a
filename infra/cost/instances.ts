/**
 * On-demand prices of SageMaker real-time inference in us-east-1, US dollars per hour, and accelerators per instance.
 * Source: the price file of AWS's foundation model benchmarking tool
 * (github.com/aws-samples/foundation-model-benchmarking-tool, src/fmbench/configs/pricing.yml @00ef155d), compared in
 * November 2026 with figures other projects quote. Its p4d and p5 are older than AWS's price cut of June 2025: theirs
 * are EC2's price since then ($21.957642 and $55.04) times 1.15, as they were before the cut and as others quote
 * them. Other regions, savings plans and later price cuts differ: the deployment document's `pricePerHourUsd`
 * overrides a row.
 */
const instances: Readonly<Record<string, { readonly usdPerHour: number; readonly accelerators: number }>> = {
  'ml.g5.xlarge': { usdPerHour: 1.4084, accelerators: 1 },
  'ml.g5.2xlarge': { usdPerHour: 1.515, accelerators: 1 },
  'ml.g5.12xlarge': { usdPerHour: 7.09, accelerators: 4 },
  'ml.g5.24xlarge': { usdPerHour: 10.18, accelerators: 4 },
  'ml.g5.48xlarge': { usdPerHour: 20.36, accelerators: 8 },
  'ml.g6.2xlarge': { usdPerHour: 1.222, accelerators: 1 },
  'ml.g6.12xlarge': { usdPerHour: 5.752, accelerators: 4 },
  'ml.g6.16xlarge': { usdPerHour: 4.246, accelerators: 1 },
  'ml.g6.24xlarge': { usdPerHour: 8.344, accelerators: 4 },
  'ml.g6.48xlarge': { usdPerHour: 16.688, accelerators: 8 },
  'ml.p4d.24xlarge': { usdPerHour: 25.251, accelerators: 8 },
  'ml.p5.48xlarge': { usdPerHour: 63.296, accelerators: 8 },
};

/** Where the prices hold. */
export const pricedRegion = 'us-east-1';

export const knownInstanceTypes = Object.keys(instances);

/** US dollars per hour in that region; undefined for a type that is not in the table. */
export function pricePerHour(instanceType: string): number | undefined {
  return instances[instanceType]?.usdPerHour;
}

/** GPUs of an instance; undefined for a type that is not in the table. */
export function acceleratorsOf(instanceType: string): number | undefined {
  return instances[instanceType]?.accelerators;
}
