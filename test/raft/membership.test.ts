import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterTime, logIndex, nodeId, term } from '../../src/base/brand.ts';
import { configurationFrom, configurationText, Membership } from '../../src/raft/membership.ts';
import type { Configuration, Entry } from '../../src/raft/messages.ts';

const configuration = (...voters: string[]): Configuration => ({ voters: voters.map(nodeId), outgoing: [], learners: [] });
const entry = (index: number, data: string): Entry => ({
  index: logIndex(index),
  term: term(1),
  time: clusterTime(0),
  kind: 'config',
  data,
});

describe('membership', () => {
  it('is the newest configuration in the log, and the one before when that is truncated (Raft §6)', () => {
    const membership = new Membership(configuration('a'), [entry(3, configurationText(configuration('a', 'b')))]);
    membership.append(entry(5, configurationText(configuration('a', 'b', 'c'))));
    expect(membership.members).toEqual(['a', 'b', 'c']);
    membership.truncate(logIndex(4));
    expect(membership.members).toEqual(['a', 'b']);
    membership.truncate(logIndex(1));
    expect(membership.current).toEqual(configuration('a'));
  });

  it('reads back what it writes', () => {
    const joint = { voters: [nodeId('a')], outgoing: [nodeId('b')], learners: [nodeId('c')] };
    expect(configurationFrom(configurationText(joint))).toEqual(joint);
  });

  it.each([
    'nonsense',
    'null',
    '[]',
    '{}',
    '{"voters":[],"outgoing":[],"learners":[]}',
    '{"voters":["a","a"],"outgoing":[],"learners":[]}',
    '{"voters":["a"],"outgoing":[],"learners":["a"]}',
    '{"voters":["a",1],"outgoing":[],"learners":[]}',
    '{"voters":["a",""],"outgoing":[],"learners":[]}',
    '{"voters":["a"],"outgoing":[]}',
    '{"voters":"abc","outgoing":[],"learners":[]}',
    '{"voters":["a","b","c","d","e","f","g","h","i","j"],"outgoing":[],"learners":[]}',
  ])('ignores an unusable configuration: %s', (text) => {
    const membership = new Membership(configuration('a'), [entry(1, text)]);
    expect(membership.current).toEqual(configuration('a'));
  });

  it('never throws on what a log may hold', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void configurationFrom(text)));
  });
});
