import type { HostedModel } from '../desired-state/hosted.ts';

/**
 * Settings of an LMI container that serves vLLM's own API, asynchronous as it is, without LMI's batching before it
 * (docs.djl.ai, LMI user guides). The document's own settings win.
 */
export function containerEnvironment({
  servedAs,
  contextTokens,
  container,
  share,
}: HostedModel): Readonly<Record<string, string>> {
  return {
    // SageMaker puts weights from S3 where the container looks for them by itself.
    HF_MODEL_ID: container.weights === undefined ? servedAs : '/opt/ml/model',
    // The gateway sends this name, and vLLM turns down every other.
    OPTION_SERVED_MODEL_NAME: servedAs,
    OPTION_MAX_MODEL_LEN: String(contextTokens),
    TENSOR_PARALLEL_DEGREE: share === undefined ? 'max' : String(share.accelerators),
    OPTION_ROLLING_BATCH: 'disable',
    OPTION_ASYNC_MODE: 'true',
    OPTION_ENTRYPOINT: 'djl_python.lmi_vllm.vllm_async_service',
    SERVING_FAIL_FAST: 'true',
    ...container.environment,
  };
}
