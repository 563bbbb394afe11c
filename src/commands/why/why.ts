/** The question in words, and which of the answers fits it. */
import { type CommandContext, UsageError } from '../command.ts';
import { parseNode } from '../node-set.ts';
import type { Story } from './story.ts';
import { whyEntry } from './why-entry.ts';
import { whyLeader } from './why-leader.ts';
import { whyNode } from './why-node.ts';
import { whyRefused } from './why-refused.ts';

/** A failure this recent is what one wonders about, in milliseconds. */
const RECENT_MS = 60_000;

/** Sentences, one a line. `about`: `leader`, `refused`, a node, the index of an entry; null asks about what is most amiss. */
export function why(story: Story, about: string | null, scope: Pick<CommandContext, 'marked' | 'cursor'>): readonly string[] {
  if (about === null) return whyNow(story);
  if (about === 'leader' || about === 'election') return whyLeader(story);
  if (about === 'refused' || about === 'request') return whyRefused(story);
  if (/^\d+$/.test(about)) {
    const index = Number(about);
    if (index < 1 || !Number.isSafeInteger(index)) throw new UsageError('entries count from 1', { next: 'write why 1286' });
    return whyEntry(story, index);
  }
  return whyNode(story, parseNode(about, { picture: story.picture, ...scope, random: () => 0 }));
}

function whyNow(story: Story): readonly string[] {
  const { failure, wall, picture } = story;
  if (failure !== null && wall - failure.time < RECENT_MS) return whyRefused(story);
  const troubled = picture.nodes.filter(
    ({ state, status }) => state !== 'up' || status?.role === 'candidate' || status?.role === 'pre-candidate',
  );
  return [...whyLeader(story), ...(picture.leader === null ? [] : troubled.flatMap(({ id }) => whyNode(story, id)))];
}
