/** The role or user that the Worker calls a stack's endpoints as. IAM knows it by this name in the whole account. */
export const invokerName = (stackName: string): string => `${stackName}-invoker`;

/** Its tag with the region of the stack that has made it. */
export const regionTag = 'region';
