import { z } from 'zod';
import { imagePattern } from './image.ts';

/**
 * The deployment document: what an environment needs to know beyond its catalogue. The catalogue says which endpoints
 * and models there are; this says on which machines they run, and what may be spent. Keyed by the catalogue's ids;
 * `agree.ts` checks that the two speak of the same things.
 */

const positive = z.number().positive().finite();
const count = z.int().positive();

const rangeSchema = z
  .strictObject({ min: count, max: count })
  .refine(({ min, max }) => min <= max, 'min must not be above max')
  .readonly();

/** A container that serves one model in OpenAI's protocol: LMI, which is vLLM behind SageMaker's interface. */
const containerSchema = z
  .strictObject({
    /** Image in ECR, with its tag. */
    image: z.string().regex(imagePattern, 'an ECR image with a tag'),
    /** Where the weights are, ending in `/`. Absent: they come from the Hugging Face hub under the catalogue's `servedAs`. */
    weights: z
      .string()
      .regex(/^s3:\/\/[a-z0-9.-]+\/(.+\/)?$/, 's3://bucket/prefix/')
      .optional(),
    /** Further settings of the container. */
    environment: z
      .record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string())
      .readonly()
      .default({}),
    /** How long it may take until it answers health checks, the download of the weights included. */
    startUpS: z.int().min(60).max(3600).default(1800),
  })
  .readonly();
export type Container = z.output<typeof containerSchema>;

/** How the number of servers follows the load. */
const scalingSchema = z
  .strictObject({
    /** Requests in progress per instance, or per copy, that scaling aims at. */
    concurrentRequests: positive,
    /** Quiet time before another server may be added, in seconds. */
    scaleOutCooldownS: z.int().min(0).max(3600).default(60),
    /** Quiet time before another server may go, in seconds: long, because a new one needs minutes. */
    scaleInCooldownS: z.int().min(60).max(86_400).default(900),
    /** `false` keeps every server that was ever added. */
    scaleIn: z.boolean().default(true),
  })
  .readonly();
export type Scaling = z.output<typeof scalingSchema>;

/** A model that shares an endpoint's instances with others. */
const componentSchema = z
  .strictObject({
    container: containerSchema,
    accelerators: count,
    memoryMb: z.int().min(128),
    copies: rangeSchema,
    scaling: scalingSchema,
  })
  .readonly();
export type Component = z.output<typeof componentSchema>;

const hostingFields = {
  /** Such as `ml.g5.2xlarge`. */
  instanceType: z.string().regex(/^ml\.[a-z0-9-]+\.[a-z0-9]+$/, 'an instance type such as ml.g5.2xlarge'),
  /** Instances that always run; at most there are the catalogue's `replicas`. */
  minInstances: count,
  /**
   * Image of the instances, which has the GPU's driver, such as `al2023-ami-sagemaker-inference-gpu-4-1`. Absent: the
   * instance family's. SageMaker takes no newer one by itself where a container needs it
   * (docs.aws.amazon.com/sagemaker/latest/dg/inference-gpu-drivers.html).
   */
  inferenceAmiVersion: z
    .string()
    .regex(/^[a-z0-9]+-ami-sagemaker-inference-[a-z0-9-]+$/, 'such as al2023-ami-sagemaker-inference-gpu-4-1')
    .optional(),
  /** US dollars per instance and hour; absent: the price list's. */
  pricePerHourUsd: positive.optional(),
};

/** The machines of one endpoint: one model on all of them, or several inference components that share them. */
const hostingSchema = z.union([
  z.strictObject({ ...hostingFields, container: containerSchema, scaling: scalingSchema }).readonly(),
  z
    .strictObject({
      ...hostingFields,
      /** By the name that the catalogue's variants carry in `parameters.inferenceComponent`. */
      components: z.record(z.string().min(1), componentSchema).readonly(),
    })
    .readonly(),
]);
export type Hosting = z.output<typeof hostingSchema>;

const awsSchema = z
  .strictObject({
    /** Refuse every other account; absent: the one the credentials belong to. */
    account: z
      .string()
      .regex(/^\d{12}$/, '12 digits')
      .optional(),
    /** How the Worker proves itself: tokens of its own for credentials of one hour, or an access key. */
    identity: z.enum(['web-identity', 'access-key']).default('web-identity'),
    /** Alarms and budget notices go there, once confirmed by mail. */
    alarmEmail: z.email(),
    monthlyBudgetUsd: positive,
    /** Whether the stack refuses to be deleted until that has been lifted. */
    protected: z.boolean().default(false),
    /** By the catalogue's endpoint id. */
    endpoints: z.record(z.string(), hostingSchema).readonly(),
  })
  .readonly();
export type AwsDeployment = z.output<typeof awsSchema>;

export const deploymentSchema = z
  .strictObject({
    /** Path of the catalogue, from this document. */
    catalogue: z.string().min(1),
    /** Absent: nothing runs on AWS. */
    aws: awsSchema.optional(),
    /** What is expected, for the estimate of the cost and nothing else. */
    expected: z
      .strictObject({
        requestsPerMonth: z.number().min(0),
        promptTokens: positive,
        outputTokens: positive,
        /** Share of the requests that each priced variant serves, 0 to 1. Others cost by the hour. */
        shares: z.record(z.string(), z.number().min(0).max(1)).readonly(),
      })
      .readonly(),
  })
  .readonly();
export type DeploymentDocument = z.output<typeof deploymentSchema>;
