import { dqnLearner } from './dqn/dqn-learner.ts';
import { learnedLearner } from './learned/learned-learner.ts';
import type { Learner } from './learner.ts';

/** Everything that learns, by the name of the scorer it makes; the first is what is trained unless said otherwise. */
export const learners: Readonly<Record<string, Learner>> = {
  learned: learnedLearner,
  dqn: dqnLearner,
};
export const learnerNames = Object.keys(learners);
