/** Names of the stack's outputs, which the deployment feeds to the Worker. */
export const outputs = {
  invokerUser: 'InvokerUser',
  alarmTopic: 'AlarmTopic',
  endpoints: 'Endpoints',
} as const;
