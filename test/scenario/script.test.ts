import { describe, expect, it } from 'vitest';
import { parseScript, withOutputs } from '../../src/scenario/script.ts';

const script = (...lines: readonly string[]) => parseScript('a.txt', lines.join('\n'));
const STORY = ['# Title: a story.', 'cluster 3', 'put x 1', '----', 'OK', '', 'say The end.', 'get x', ''];

describe('a script', () => {
  it('has a title, a cluster, and paragraphs with what they print', () => {
    const { title, shape, blocks } = script(...STORY);
    expect({ title, shape }).toEqual({ title: 'Title: a story.', shape: { nodes: 3, snapshotEntries: null } });
    expect(script('cluster 5 led by n1 with snapshots every 50').shape).toEqual({ nodes: 5, snapshotEntries: 50 });
    expect(blocks.map(({ line, expected }) => ({ line, expected }))).toEqual([
      { line: 4, expected: ['OK'] },
      { line: 9, expected: null },
    ]);
    expect(blocks[0]?.sentences.map(({ line, text }) => `${line} ${text}`)).toEqual(['2 cluster 3', '3 put x 1']);
  });

  it('takes new output in the place of the old', () => {
    const text = STORY.join('\n');
    const told = withOutputs(parseScript('a.txt', text), text, [['OK', 'too'], ['"1"']]);
    expect(told.split('\n')).toEqual([...STORY.slice(0, 5), 'too', '', 'say The end.', 'get x', '----', '"1"', '']);
    expect(withOutputs(parseScript('a.txt', told), told, [[], []]).split('\n')).toEqual([
      ...STORY.slice(0, 3),
      '',
      'say The end.',
      'get x',
      '',
    ]);
  });

  it.each([
    ['put x 1', 'a.txt:1: a story begins with its cluster; write cluster 5'],
    ['cluster 3\ncluster 3', 'a.txt:2: a story has one cluster'],
    ['cluster 12', 'a.txt:1: the number of nodes cannot be "12"; write a whole number from 1 to 9'],
    ['cluster 3\nkil n1', 'a.txt:2: there is no verb "kil"; did you mean kill?'],
    ['cluster 3\nwiat 2s', 'a.txt:2: there is no verb "wiat"; did you mean wait?'],
    [
      'cluster 3\nput x',
      'a.txt:2: put needs VALUE: the new value, up to 1 MiB; usage: put KEY VALUE [--deadline DURATION] [--secret]',
    ],
    ['cluster 3\nat n1 kill n2', 'a.txt:2: kill is not asked of one node; write kill n2'],
    ['cluster 3\nkill random', 'a.txt:2: a story is the same every time: random has no place in it; name a node'],
    ['cluster 3\nlet leader = n1', 'a.txt:2: "leader" means nodes already; choose another name'],
    ['cluster 3\nexpect n1 is folower', 'a.txt:2: a node cannot be "folower"; did you mean follower?'],
    [
      'cluster 3\nshow everything',
      'a.txt:2: "show everything" cannot be understood; write show log, or show log of n1,n2, or show roles, or show keys of $old',
    ],
    ['cluster 3\n\n----\nOK', 'a.txt:3: ---- has no sentence above it'],
  ])('says where and what is wrong: %j', (text, message) => {
    expect(() => parseScript('a.txt', text)).toThrow(expect.objectContaining({ message }));
  });
});
