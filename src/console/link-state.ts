/** How it stands with the path of messages from one node to another. */
import type { ClusterPicture, NodeView } from '../cluster/driver.ts';
import { connectivityOf } from '../commands/connectivity.ts';
import { linkFaultOf } from '../commands/link-rule.ts';
import { remembering } from './remembering.ts';

/** `lost`: no fault is known, and yet there is no connection. */
export type LinkState = 'self' | 'ok' | 'impaired' | 'cut' | 'down' | 'lost' | 'unknown';

export interface LinkView {
  readonly state: LinkState;
  readonly rttMs: number | null;
  readonly queuedBytes: number;
}

/** All links that leave each node, by `from>to`. */
export const linksOf = remembering(['picture', 'roundTrips'], ({ picture, roundTrips }): ReadonlyMap<string, LinkView> => {
  const { cuts } = connectivityOf(picture);
  const links = new Map<string, LinkView>();
  for (const from of picture.nodes) {
    for (const to of picture.nodes)
      links.set(`${from.id}>${to.id}`, linkOf(picture, from, to, cuts, roundTrips.get(`${from.id}>${to.id}`) ?? null));
  }
  return links;
});

function linkOf(
  picture: ClusterPicture,
  from: NodeView,
  to: NodeView,
  cuts: ReadonlySet<string>,
  rttMs: number | null,
): LinkView {
  const told = from.status?.links.find(({ peer }) => peer === to.id);
  const view = (state: LinkState): LinkView => ({ state, rttMs, queuedBytes: told?.queuedBytes ?? 0 });
  if (from.id === to.id) return view('self');
  if (from.state !== 'up' || to.state !== 'up') return view('down');
  if (cuts.has(`${from.id}>${to.id}`)) return view('cut');
  if (linkFaultOf(picture, from.id, to.id) !== null) return view('impaired');
  if (told === undefined) return view('unknown');
  return view(told.connected ? 'ok' : 'lost');
}
