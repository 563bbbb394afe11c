import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import type { ActiveFault, ClusterAction, ClusterPicture } from '../../src/cluster/driver.ts';
import { consequenceOf } from '../../src/commands/consequence.ts';
import type { DiskEffect } from '../../src/fault/plan.ts';
import { ringGroups } from '../../src/fault/presets.ts';
import { faultOf, pictureOf } from './fake-cluster.ts';

const ids = (text: string): ReturnType<typeof nodeId>[] => text.split(',').map(nodeId);
const kill = (nodes: string): ClusterAction => ({ type: 'kill', nodes: ids(nodes), forMs: null });
const partition = (...groups: string[]): ClusterAction => ({ type: 'partition', groups: groups.map(ids), forMs: null });
const cut = (from: string, to: string, bothWays = false): ClusterAction => ({
  type: 'link',
  from: nodeId(from),
  to: nodeId(to),
  bothWays,
  drop: 1,
  delayMs: [0, 0],
  duplicate: 0,
  forMs: null,
});
const disk = (nodes: string, effect: Partial<DiskEffect>): ClusterAction => ({
  type: 'disk',
  nodes: ids(nodes),
  effect: { slowMs: [0, 0], hang: false, full: false, fail: null, ...effect },
  forMs: 5_000,
});
const down = (nodes: string): Record<string, 'down'> => Object.fromEntries(nodes.split(',').map((id) => [id, 'down' as const]));

const changed = (command: string, former: string): ActiveFault => ({
  ...faultOf(3, 'link', command, ['n1', 'n2']),
  former: { command: former, until: null },
});

const CASES: readonly [string, ClusterPicture, ClusterAction, 0 | 1 | 2, string][] = [
  ['leader of five', pictureOf(5), kill('n1'), 0, 'n1 leads: election within 0.5 s (4 can win), 4 of 5 left, quorum 3'],
  ['follower of five', pictureOf(5), kill('n2'), 0, '4 of 5 left, quorum 3'],
  ['two of five', pictureOf(5), kill('n2,n3'), 1, '3 of 5 left, quorum 3, none to spare'],
  ['three of five', pictureOf(5), kill('n1,n2,n3'), 1, 'n1 leads: 2 of 5 left, no quorum: writes stop'],
  ['the last spare', pictureOf(5, { states: down('n4,n5') }), kill('n3'), 1, '2 of 5 left, no quorum: writes stop'],
  [
    'after the end',
    pictureOf(5, { states: down('n3,n4,n5'), leader: null }),
    kill('n2'),
    0,
    '1 of 5 left, no quorum: writes stay stopped',
  ],
  ['a dead one', pictureOf(3, { states: down('n2') }), kill('n2'), 0, 'n2 does not run now'],
  ['the only one', pictureOf(1), kill('n1'), 1, 'n1 leads: 0 of 1 left, no quorum: writes stop'],
  ['for a while', pictureOf(5), { type: 'pause', nodes: ids('n2'), forMs: 10_000 }, 0, '4 of 5 left, quorum 3, for 10s'],
  [
    'isolation counts as loss',
    pictureOf(3, { faults: [faultOf(1, 'isolate', 'isolate n3', ['n3'])] }),
    kill('n2'),
    1,
    '1 of 3 left, no quorum: writes stop',
  ],
  [
    'majority side',
    pictureOf(5),
    partition('n1,n2', 'n3,n4,n5'),
    0,
    'n3, n4, n5 keep quorum 3; n1 leads on the other side: election within 1.5 s (3 can win)',
  ],
  ['leader stays', pictureOf(5), partition('n1,n2,n3', 'n4,n5'), 0, 'n1, n2, n3 keep quorum 3'],
  ['a bridge', pictureOf(5), partition('n1,n2,n3', 'n3,n4,n5'), 0, 'each node reaches a majority, 3 of 5; n4, n5 do not hear n1'],
  [
    'a bridge of four, the leader on the small side',
    pictureOf(4),
    partition('n1,n3', 'n2,n3,n4'),
    0,
    'n2, n3, n4 reach a majority, 3 of 4; n1 does not: election within 1.5 s (3 can win)',
  ],
  [
    'a ring of seven',
    pictureOf(7),
    { type: 'partition', groups: ringGroups(ids('n1,n2,n3,n4,n5,n6,n7')), forMs: null },
    1,
    'nobody reaches a majority: writes stop',
  ],
  [
    'what a bridge can still lose',
    pictureOf(5, { faults: [faultOf(1, 'partition', 'partition n1,n2,n3 / n3,n4,n5')] }),
    kill('n1'),
    0,
    'n1 leads: election within 0.5 s (3 can win), 4 of 5 left, quorum 3',
  ],
  ['three ways', pictureOf(5), partition('n1,n2', 'n3,n4', 'n5'), 1, 'no side has a quorum: writes stop'],
  [
    'side with a dead node',
    pictureOf(5, { states: down('n5') }),
    partition('n1,n2', 'n3,n4,n5'),
    1,
    'no side has a quorum: writes stop',
  ],
  ['one cut', pictureOf(5), cut('n1', 'n5'), 0, 'n1 to n5: every message is lost'],
  [
    'third cut of the leader',
    pictureOf(5, { faults: [faultOf(1, 'link', 'link n1 n5 --drop 1'), faultOf(2, 'link', 'link n4 n1 --drop 1')] }),
    cut('n1', 'n3', true),
    0,
    'n1 and n3: every message is lost; n1 loses its quorum: election within 1.5 s (4 can win)',
  ],
  ['cut of two', pictureOf(2), cut('n1', 'n2'), 1, 'n1 to n2: every message is lost; no quorum: writes stop'],
  [
    'heal',
    pictureOf(3, { states: down('n2,n3'), leader: null, faults: [faultOf(1, 'kill', 'kill n2', ['n2'])] }),
    { type: 'heal', fault: null },
    0,
    'kill n2 ends; 2 of 3, quorum 2: writes can go on',
  ],
  [
    'undo takes the newest',
    pictureOf(5, { faults: [faultOf(2, 'isolate', 'isolate n3', ['n3']), faultOf(1, 'isolate', 'isolate n2', ['n2'])] }),
    { type: 'undo' },
    0,
    'isolate n3 ends; 4 of 5, quorum 3',
  ],
  [
    'undo of a link that was changed',
    pictureOf(5, { faults: [changed('link n1 n2 --delay 90ms', 'link n1 n2 --delay 80ms')] }),
    { type: 'undo' },
    0,
    'link n1 n2 --delay 90ms goes back to --delay 80ms; 5 of 5, quorum 3',
  ],
  [
    'undo of a link that was cut before',
    pictureOf(3, { states: down('n3'), faults: [changed('link n1 n2 --delay 90ms', 'link n1 n2 --drop 1')] }),
    { type: 'undo' },
    0,
    'link n1 n2 --delay 90ms goes back to cut; 1 of 3, still no quorum',
  ],
  [
    'heal of a link that was changed',
    pictureOf(5, { faults: [changed('link n1 n2 --delay 90ms', 'link n1 n2 --delay 80ms')] }),
    { type: 'heal', fault: 3 },
    0,
    'link n1 n2 --delay 90ms ends; 5 of 5, quorum 3',
  ],
  [
    'restart of a running leader',
    pictureOf(5),
    { type: 'restart', nodes: ids('n1') },
    0,
    'n1 is stopped and started again; until then: n1 leads: election within 0.5 s (4 can win), 4 of 5 left, quorum 3',
  ],
  [
    'restart of all',
    pictureOf(3, { states: down('n2') }),
    { type: 'restart', nodes: ids('n1,n2,n3') },
    1,
    'n2 comes back; 3 of 3, quorum 2; n1, n3 are stopped and started again; until then: n1 leads: 0 of 3 left, no quorum: writes stop',
  ],
  ['nothing to heal', pictureOf(3), { type: 'heal', fault: null }, 0, 'no fault is active'],
  ['restart', pictureOf(3, { states: down('n2') }), { type: 'restart', nodes: ids('n2') }, 0, 'n2 comes back; 3 of 3, quorum 2'],
  ['resuming a running one', pictureOf(3), { type: 'resume', nodes: ids('n2') }, 0, 'n2 runs already'],
  [
    'transfer',
    pictureOf(3),
    { type: 'transfer', to: nodeId('n2') },
    0,
    'n1 hands over to n2 once n2 has the whole log; writes wait',
  ],
  [
    'transfer to a dead node',
    pictureOf(3, { states: down('n2') }),
    { type: 'transfer', to: nodeId('n2') },
    0,
    'n2 does not run: it cannot lead',
  ],
  [
    'a slow disk',
    pictureOf(5),
    disk('n1', { slowMs: [20, 80] }),
    0,
    'n1 leads: each write on n1 takes 20 to 80 ms longer, for 5s',
  ],
  [
    'a disk that hangs',
    pictureOf(5),
    disk('n1', { hang: true }),
    0,
    'no write on n1 comes back; n1 leads: election within 3.5 s (4 can win), 4 of 5 left, quorum 3, for 5s',
  ],
  [
    'full disks of a majority',
    pictureOf(3),
    disk('n2,n3', { full: true }),
    1,
    'n2, n3 have no room left; 1 of 3 left, no quorum: writes stop, for 5s',
  ],
  [
    'one more than a failing disk allows',
    pictureOf(3, { faults: [faultOf(1, 'disk', 'disk n3 --fail sync', ['n3'])] }),
    kill('n2'),
    1,
    '1 of 3 left, no quorum: writes stop',
  ],
  [
    'a slow disk takes nobody out',
    pictureOf(3, { faults: [faultOf(1, 'disk', 'disk n3 --slow 20ms', ['n3'])] }),
    kill('n2'),
    0,
    '2 of 3 left, quorum 2, none to spare',
  ],
  [
    'healing a disk',
    pictureOf(3, { states: down('n2'), faults: [faultOf(1, 'disk', 'disk n3 --hang', ['n3'])] }),
    { type: 'heal', fault: 1 },
    0,
    'disk n3 --hang ends; 2 of 3, quorum 2: writes can go on',
  ],
  [
    'a fast clock',
    pictureOf(3),
    { type: 'clock', nodes: ids('n2'), rate: 2, offsetMs: 0, forMs: null },
    0,
    'n2 counts 2 s for each second, patience with the leader ends sooner',
  ],
  [
    'a slow leader’s clock',
    pictureOf(3),
    { type: 'clock', nodes: ids('n1'), rate: 0.5, offsetMs: -60_000, forMs: 1_000 },
    0,
    'n1 counts 0.5 s for each second, n1 leads: its heartbeats come later, the wall clock of n1 is 1m behind: no safety rests on it, for 1s',
  ],
  ['a short stall', pictureOf(3), { type: 'stall', nodes: ids('n1'), stallMs: 100 }, 0, 'n1 does nothing for 100ms'],
  [
    'a long stall',
    pictureOf(3),
    { type: 'stall', nodes: ids('n1'), stallMs: 800 },
    0,
    'n1 leads: an election follows; n1 does nothing for 800ms',
  ],
  [
    'power',
    pictureOf(3),
    { type: 'power-loss', nodes: ids('n2,n3'), seed: null, forMs: null },
    1,
    'what was not synced may be lost; 1 of 3 left, no quorum: writes stop',
  ],
  [
    'rot',
    pictureOf(3),
    { type: 'rot', nodes: ids('n2'), seed: null, force: false },
    1,
    'n2 is killed and bits of the log turned over; after the start what was lost comes back from a leader, if a majority is whole',
  ],
  ['campaign', pictureOf(3), { type: 'campaign', node: nodeId('n2') }, 0, 'n2 asks for pre-votes; who hears n1 refuses'],
  ['stop', pictureOf(3), { type: 'stop' }, 2, 'all 3 nodes stop, for everyone; the data stays on disk'],
];

describe('consequenceOf', () => {
  it.each(CASES)('%s', (_, picture, action, level, text) => {
    expect(consequenceOf(picture, action)).toEqual({ level, text });
  });

  it('reads a partition that is already in force from the command that set it', () => {
    const picture = pictureOf(5, { faults: [faultOf(1, 'partition', 'partition n1,n2,n3 / n4,n5 --for 10s')] });
    expect(consequenceOf(picture, kill('n3')).text).toBe('2 of 5 left, no quorum: writes stop');
    expect(consequenceOf(picture, kill('n4')).text).toBe('3 of 5 left, quorum 3, none to spare');
  });

  it('does not take a slow link for a cut one', () => {
    const slow: ClusterAction = {
      ...cut('n1', 'n2'),
      type: 'link',
      drop: 0.25,
      delayMs: [80, 120],
      duplicate: 0.1,
      forMs: 5_000,
    } as ClusterAction;
    expect(consequenceOf(pictureOf(2), slow)).toEqual({
      level: 0,
      text: 'n1 to n2: 25% of messages are lost, 80 to 120 ms later, 10% arrive twice, for 5s',
    });
  });
});
