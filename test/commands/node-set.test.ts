import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { UsageError } from '../../src/commands/command.ts';
import { type NodeScope, parseGroups, parseNode, parseNodeSet } from '../../src/commands/node-set.ts';
import { pictureOf } from './fake-cluster.ts';

const scope: NodeScope = { picture: pictureOf(5, { leader: 'n2' }), marked: [], cursor: null, random: () => 0 };

describe('parseNodeSet', () => {
  it.each([
    ['n2', ['n2']],
    ['2', ['n2']],
    ['n3,n1,n3', ['n1', 'n3']],
    ['n1, 4', ['n1', 'n4']],
    ['leader', ['n2']],
    ['followers', ['n1', 'n3', 'n4', 'n5']],
    ['!leader', ['n1', 'n3', 'n4', 'n5']],
    ['!n1,n1', ['n1', 'n2', 'n3', 'n4', 'n5']],
    ['all', ['n1', 'n2', 'n3', 'n4', 'n5']],
    ['minority', ['n4', 'n5']],
    ['majority', ['n1', 'n2', 'n3']],
    ['random', ['n1']],
  ])('%s', (text, expected) => {
    expect(parseNodeSet(text, scope)).toEqual(expected);
  });

  it('never puts the leader into the minority', () => {
    expect(parseNodeSet('minority', { ...scope, picture: pictureOf(5, { leader: 'n5' }) })).toEqual(['n3', 'n4']);
  });

  it('draws only nodes that are up, also at the end of the range', () => {
    const picture = pictureOf(3, { states: { n1: 'down' } });
    expect(parseNodeSet('random', { ...scope, picture, random: () => 0 })).toEqual(['n2']);
    expect(parseNodeSet('random', { ...scope, picture, random: () => 0.999999 })).toEqual(['n3']);
  });

  it('means the marked nodes, else the one under the cursor', () => {
    expect(parseNodeSet('marked', { ...scope, marked: [nodeId('n3')], cursor: nodeId('n1') })).toEqual(['n3']);
    expect(parseNodeSet('marked', { ...scope, cursor: nodeId('n1') })).toEqual(['n1']);
  });

  it.each(['n9', '', 'n1,', 'marked', '!all', 'nobody'])('refuses %j', (text) => {
    expect(() => parseNodeSet(text, scope)).toThrow(UsageError);
  });

  it('says so when nobody leads', () => {
    expect(() => parseNodeSet('leader', { ...scope, picture: pictureOf(3, { leader: null }) })).toThrow('no node leads now');
  });

  it('wants one node where one is meant', () => {
    expect(parseNode('leader', scope)).toBe('n2');
    expect(() => parseNode('n1,n2', scope)).toThrow('names several nodes');
  });
});

describe('parseGroups', () => {
  it.each([
    [
      'n1,n2 / n3,n4,n5',
      [
        ['n1', 'n2'],
        ['n3', 'n4', 'n5'],
      ],
    ],
    [
      'n1,n2|n3,n4,n5',
      [
        ['n1', 'n2'],
        ['n3', 'n4', 'n5'],
      ],
    ],
    [
      'n1 n2 / n3 n4 n5',
      [
        ['n1', 'n2'],
        ['n3', 'n4', 'n5'],
      ],
    ],
    ['leader', [['n2'], ['n1', 'n3', 'n4', 'n5']]],
    ['n1 / n2', [['n1'], ['n2'], ['n3', 'n4', 'n5']]],
    [
      'n1,n2,n3 / n3,n4,n5',
      [
        ['n1', 'n2', 'n3'],
        ['n3', 'n4', 'n5'],
      ],
    ],
    [
      'bridge leader',
      [
        ['n1', 'n2', 'n3'],
        ['n2', 'n4', 'n5'],
      ],
    ],
    [
      'bridge',
      [
        ['n1', 'n2', 'n3'],
        ['n3', 'n4', 'n5'],
      ],
    ],
    [
      'ring',
      [
        ['n1', 'n2'],
        ['n2', 'n3'],
        ['n3', 'n4'],
        ['n4', 'n5'],
        ['n5', 'n1'],
      ],
    ],
  ])('%s', (text, expected) => {
    expect(parseGroups(text, scope)).toEqual(expected);
  });

  it.each(['n1 / n1', 'n1,n2 / n1,n2,n3', 'all', 'n1 /', '/', 'ring n1', 'bridge n1 n2', 'bridge all'])('refuses %j', (text) => {
    expect(() => parseGroups(text, scope)).toThrow(UsageError);
  });
});
