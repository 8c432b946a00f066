/** Ways into a comparison, for whoever shows runs. */
import type { RunHead } from '../ipc/gen/RunHead';

/** The older one stands on the left. */
export function inOrder<Head extends Pick<RunHead, 'startedAt' | 'id'>>(one: Head, other: Head): [Head, Head] {
  return one.startedAt < other.startedAt || (one.startedAt === other.startedAt && one.id < other.id) ? [one, other] : [other, one];
}
