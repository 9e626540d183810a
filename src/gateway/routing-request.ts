import type { Policy } from '../access/policy.ts';
import type { Ability, Catalogue, Variant } from '../routing/catalogue.ts';
import { lengthSlots } from '../routing/lengths/features.ts';
import { fits } from '../routing/mask.ts';
import type { RoutingRequest } from '../routing/observation.ts';
import { type ApiError, invalid } from './api-error.ts';
import { type ChatRequest, maxOutputTokens } from './chat-request.ts';
import { readHints } from './hints.ts';
import { readLengthTraits } from './length-traits.ts';
import { AUTO_MODEL, modelNotFound } from './models.ts';
import { allowedVariants, modelNotAllowed, requireClass } from './permissions.ts';
import { estimatePromptTokens, fewestPromptTokens } from './prompt-size.ts';

/**
 * What routing needs to know of a request.
 * @param policy of the caller's key; absent in open mode
 * @throws ApiError 404 for an unknown model, 403 for what the key is not for, 400 for anything no variant could ever
 * serve
 */
export function toRoutingRequest(
  request: ChatRequest,
  headers: Headers,
  catalogue: Catalogue,
  policy: Policy | undefined,
): RoutingRequest {
  const hints = readHints(headers, request, catalogue);
  requireClass(hints.class, hints.task, policy);
  const lengths = { promptTokens: estimatePromptTokens(request), maxOutputTokens: maxOutputTokens(request) };
  const routing: RoutingRequest = {
    ...hints,
    allowed: policy?.variants && new Set(policy.variants),
    ...lengths,
    lengthSlots: lengthSlots(hints.task, {
      ...lengths,
      ...readLengthTraits(request, headers),
      class: hints.class,
    }),
    pinned: pinnedVariants(request.model, catalogue),
    needs: neededAbilities(request),
  };
  const candidates = ableVariants(routing, allowedVariants(catalogue, policy), request.model);
  if (candidates.some((variant) => fits(routing, variant))) return routing;
  // The estimate fits nowhere, but it is one: the model server counts, and says so when it really is too long.
  const lenient = { ...routing, promptTokensToFit: fewestPromptTokens(request) };
  if (candidates.some((variant) => fits(lenient, variant))) return lenient;
  throw contextExceeded(lenient, candidates, request);
}

function pinnedVariants(model: string, catalogue: Catalogue): ReadonlySet<string> | undefined {
  if (model === AUTO_MODEL) return undefined;
  const pinned = catalogue.variants.filter((variant) => variant.id === model || variant.model === model);
  if (pinned.length === 0) throw modelNotFound(model);
  return new Set(pinned.map(({ id }) => id));
}

/** What it takes to read a part of a message: OpenAI's kinds, and those that vLLM has beside them. */
const abilityFor: ReadonlyMap<string, Ability> = new Map([
  ['image_url', 'images'],
  ['input_audio', 'audio'],
  ['audio_url', 'audio'],
  ['video_url', 'video'],
  ['file', 'files'],
]);

function neededAbilities(request: ChatRequest): ReadonlySet<Ability> {
  const needs = new Set<Ability>();
  if (request.tools != null && request.tools.length > 0) needs.add('tools');
  if (request.response_format != null && request.response_format.type !== 'text')
    needs.add('response_format');
  if (request.logprobs === true) needs.add('logprobs');
  if ((request.n ?? 1) > 1) needs.add('choices');
  for (const { content } of request.messages) {
    if (typeof content === 'string' || content == null) continue;
    for (const { type } of content) {
      const ability = abilityFor.get(type);
      if (ability !== undefined) needs.add(ability);
    }
  }
  return needs;
}

/** The variants that could serve a request if it fits. Without one, names the field that rules out the last. */
function ableVariants(
  routing: RoutingRequest,
  allowed: readonly Variant[],
  model: string,
): readonly Variant[] {
  const pinned = allowed.filter(({ id }) => routing.pinned?.has(id) ?? true);
  if (pinned.length === 0) throw modelNotAllowed(model);
  const able = pinned.filter(({ can }) => [...routing.needs].every((need) => can.includes(need)));
  if (able.length === 0)
    throw invalid(
      'model',
      `no variant of it can do ${[...routing.needs].join(' and ')}`,
      'unsupported_ability',
    );
  const good = able.filter(
    ({ quality, tier }) => (quality[routing.task] ?? 0) >= routing.minQuality && tier >= routing.minTier,
  );
  if (good.length === 0) {
    const tier = Math.max(...able.map((variant) => variant.tier));
    const best = Math.max(...able.map(({ quality }) => quality[routing.task] ?? 0));
    const [param, what, received] =
      tier < routing.minTier
        ? ['x-litellm-min-quality-tier', `is of tier ${tier}`, routing.minTier]
        : ['x-min-quality', `has quality ${best} on ${routing.task}`, routing.minQuality];
    throw invalid(
      param,
      `no variant is that good; the best ${what}; received ${received}`,
      'quality_unavailable',
    );
  }
  return good;
}

function contextExceeded(
  { promptTokensToFit, maxOutputTokens }: RoutingRequest & { readonly promptTokensToFit: number },
  candidates: readonly Variant[],
  request: ChatRequest,
): ApiError {
  const longest = Math.max(...candidates.map(({ contextTokens }) => contextTokens));
  const bound = request.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens';
  const param = promptTokensToFit >= longest ? 'messages' : bound;
  const what = `the longest context is ${longest} tokens; the prompt has at least ${promptTokensToFit}`;
  const asked = maxOutputTokens === undefined ? '' : ` and ${maxOutputTokens} output tokens are asked for`;
  return invalid(param, `${what}${asked}`, 'context_length_exceeded');
}
