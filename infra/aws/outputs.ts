/** Names of the stack's outputs, which the deployment feeds to the Worker. */
export const outputs = {
  /** ARN of the role that the Worker assumes. */
  invokerRole: 'InvokerRole',
  /** Name of the user whose access key it holds instead. */
  invokerUser: 'InvokerUser',
  alarmTopic: 'AlarmTopic',
  endpoints: 'Endpoints',
} as const;
