/** Why a request was refused, and what that says about whether it happened. Pure. */
import type { ErrorKind } from '../../base/errors.ts';
import { bestReach, connectivityOf, majorityOf } from '../connectivity.ts';
import { type Story, whenText } from './story.ts';
import { whyLeader } from './why-leader.ts';

const REASONS: Partial<Record<ErrorKind, string>> = {
  UNKNOWN_OUTCOME:
    'It was sent and no answer came in time. The leader may have lost its majority after taking it: it may be in the log and commit later, or be truncated. retry asks again under the same number, which can never apply it twice.',
  SESSION_EXPIRED: 'The cluster no longer remembers that number, so it cannot tell whether it was applied. Read the key.',
  OVERLOADED: 'More was waiting than the node admits, so it refused at once instead of letting everyone wait. Nothing was done.',
  STORAGE_FULL:
    'The disk of the leader is full. It takes no writes until there is room, or somebody else leads. Nothing was done.',
  UNAUTHENTICATED: 'The token is not that of this cluster. Nothing was done.',
  FORBIDDEN: 'The token is that of a client, and this needs that of an administrator. Nothing was done.',
  TOO_LARGE: 'A key may have 1,024 bytes and a value 1 MiB. Nothing was done.',
  SHUTTING_DOWN: 'The node that was asked is ending. Nothing was done; another will answer.',
};

export function whyRefused(story: Story): readonly string[] {
  const { failure, picture } = story;
  if (failure === null) return ['No request has been refused here: a shell and the console remember the newest one that was.'];
  const about = `${failure.line.slice(0, 80)}: ${failure.message} (${whenText(story, failure.time)})`;
  const reason = REASONS[failure.kind];
  if (failure.kind !== 'NO_QUORUM' && failure.kind !== 'NOT_LEADER' && failure.kind !== 'UNKNOWN_OUTCOME')
    return reason === undefined ? [about] : [about, reason];
  const definite = reason ?? 'No leader with a majority could be found in time, so nothing was proposed: it did not happen.';
  const well = bestReach(connectivityOf(picture)) >= majorityOf(picture.nodes.length) && picture.leader !== null;
  const now = well ? [`By now ${picture.leader} leads term ${picture.term}: it would go through.`] : whyLeader(story);
  return [about, definite, ...now];
}
