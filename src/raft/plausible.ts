/** What a message must look like before any rule is applied to it. Types and safe integers were checked at the wire. */
import type { NodeId } from '../base/brand.ts';
import type { AppendRequest, EntryId, Message } from './messages.ts';

/** Counting on from a term or an index beyond this would come near the end of the safe integers. */
const HIGHEST = 2 ** 52;

/** False for what no correct peer sends to `self`: it is dropped without an answer. */
export function isWellFormed(message: Message, self: NodeId): boolean {
  if (message.to !== self || message.from === self || !isPlausible(message.term)) return false;
  switch (message.type) {
    case 'append-request':
      return isContiguous(message) && isPlausible(message.commit);
    case 'append-reply':
      return isPosition(message.hint) && (message.matched === null || isPlausible(message.matched));
    case 'vote-request':
      return isPosition(message.last) && message.last.term < message.term;
    case 'install-snapshot': {
      const { snapshot, offset, term } = message;
      const { last, sizeBytes } = snapshot;
      const isWithin = offset >= 0 && offset < sizeBytes && isPlausible(sizeBytes);
      return isPosition(last) && last.index > 0 && last.term > 0 && last.term <= term && isWithin;
    }
    case 'install-snapshot-reply':
      return isPosition(message.last) && isPlausible(message.next);
    case 'read-index-reply':
      return message.index === null || isPlausible(message.index);
    default:
      return true;
  }
}

/** Entries follow `previous` without a gap, and terms never fall nor pass the leader's own (Raft §5.3). */
function isContiguous({ previous, entries, term }: AppendRequest): boolean {
  if (!isPosition(previous) || !isPlausible(previous.index + entries.length)) return false;
  let last = previous;
  for (const entry of entries) {
    if (entry.index !== last.index + 1 || entry.term < last.term) return false;
    last = entry;
  }
  return term > 0 && last.term <= term && (entries.length === 0 || last.term > 0);
}

const isPosition = ({ index, term }: EntryId): boolean => isPlausible(index) && isPlausible(term) && (index > 0 || term === 0);

const isPlausible = (value: number): boolean => value >= 0 && value < HIGHEST;
