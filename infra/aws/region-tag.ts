/** Tag of the invoking role or user, which is the same account-wide: the region of the stack that has made it. */
export const regionTag = 'region';
