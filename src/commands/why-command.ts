/** `why`: what the cluster is doing and what led to it, in sentences. */
import type { ClusterDriver, ClusterEvent } from '../cluster/driver.ts';
import type { CommandSpec } from './command.ts';
import { why } from './why/why.ts';

const REFRESH_MS = 1_000;

export const WHY: CommandSpec = {
  name: 'why',
  aliases: [],
  group: 'cluster',
  summary: 'Explain in words: why this node leads, what a node or an entry waits for, why a request was refused.',
  params: [
    {
      name: 'about',
      kind: 'node',
      summary: 'leader, refused, a node, or the index of an entry (default: what is most amiss)',
      required: false,
      also: new Map([['refused', 'the newest request that was refused here']]),
    },
  ],
  flags: [],
  examples: ['why', 'why leader', 'why n3', 'why 1286', 'why refused'],
  surfaces: ['argv', 'shell', 'key'],
  needs: null,
  watches: true,
  run: async (context, args) => {
    const { driver, marked, cursor, lastFailure = null } = context;
    await driver.refresh(REFRESH_MS);
    const story = { picture: driver.picture(), events: pastOf(driver), wall: context.wall ?? Date.now(), failure: lastFailure };
    const lines = why(story, args.values.get('about') ?? null, { marked, cursor });
    return { lines, json: { why: lines }, exit: 0, prose: true };
  },
};

/** A listener hears the remembered past at once. */
function pastOf(driver: ClusterDriver): readonly ClusterEvent[] {
  const events: ClusterEvent[] = [];
  driver.onEvent((event) => events.push(event))();
  return events;
}
