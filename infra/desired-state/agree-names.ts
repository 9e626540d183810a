import { invokerName } from '../aws/invoker-names.ts';
import type { DeploymentDocument } from './document.ts';
import type { SageMakerEndpoint } from './hosted.ts';
import type { WorkerSettings } from './worker-settings.ts';

/** What SageMaker takes as the name of an endpoint or a component (API reference, CreateEndpoint, CreateInferenceComponent). */
const sageMakerName = /^(?=.{1,63}$)[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/;
const sageMakerRule = 'must be letters, digits and "-" between them, at most 63';

/** What CloudFormation takes as the name of a stack, and IAM as the length of a role's. */
const stackPattern = /^[a-zA-Z][a-zA-Z0-9-]*$/;
const roleCharacters = 64;

/** Names that AWS would not take, or take for one another's. It says so only when everything before has been made. */
export function nameFaults(
  endpoints: readonly SageMakerEndpoint[],
  { aws }: DeploymentDocument,
  { name }: WorkerSettings,
): string[] {
  if (aws === undefined) return [];
  const components = Object.entries(aws.endpoints).flatMap(([id, hosting]) =>
    'container' in hosting ? [] : Object.keys(hosting.components).map((component) => ({ id, component })),
  );
  return [
    ...stackFaults(name),
    ...endpoints.flatMap(({ id, backend: { endpointName } }) =>
      spellingFaults(`catalogue endpoint ${id}: endpointName`, endpointName),
    ),
    ...components.flatMap(({ id, component }) => spellingFaults(`aws.endpoints.${id}.components`, component)),
    ...namedAlike(endpoints, ({ backend }) => backend.endpointName).map(
      ({ ids, shown }) => `catalogue endpoints ${ids}: all have the endpointName ${shown}`,
    ),
    ...namedAlike(components, ({ component }) => component).map(
      ({ ids, shown }) => `aws.endpoints.${ids}: all have a component ${shown}`,
    ),
  ];
}

/** The stack is called like the Worker, and what calls its endpoints like the stack. */
function stackFaults(name: string): string[] {
  if (stackPattern.test(name) && invokerName(name).length <= roleCharacters) return [];
  const most = roleCharacters - invokerName('').length;
  return [
    `wrangler.toml: the Worker's name, which its stack on AWS has too, must be letters, digits and "-", beginning with a letter, at most ${most}; received "${name}"`,
  ];
}

function spellingFaults(path: string, name: string): string[] {
  return sageMakerName.test(name) ? [] : [`${path}: ${sageMakerRule}, received "${name}"`];
}

interface NamedAlike {
  /** Of the endpoints concerned, for a person. */
  readonly ids: string;
  readonly shown: string;
}

/** Names that several have: one is for the whole account and region, whatever its case (API reference, CreateEndpoint). */
function namedAlike<Each extends { readonly id: string }>(
  all: readonly Each[],
  nameOf: (each: Each) => string,
): readonly NamedAlike[] {
  return [...Map.groupBy(all, (each) => nameOf(each).toLowerCase()).values()]
    .filter((same) => same.length > 1)
    .map((same) => ({
      ids: same.map(({ id }) => id).join(', '),
      shown: [...new Set(same.map(nameOf))].map((name) => `"${name}"`).join(', which is '),
    }));
}
