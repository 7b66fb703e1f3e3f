import { failure, type StatusError } from '../status.ts';

/** What upstream says of every operation that cannot be done. */
export function doesNotApply(): StatusError {
  return failure('Invalid', 'the server rejected our request due to an error in our request', {});
}
