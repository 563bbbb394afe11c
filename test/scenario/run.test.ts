import { describe, expect, it } from 'vitest';
import { runStory, type StoryResult } from '../../src/scenario/run.ts';
import { parseScript } from '../../src/scenario/script.ts';
import { VirtualWorld } from '../../src/scenario/virtual-world.ts';

const tell = (lines: readonly string[], seed = 1): Promise<StoryResult> =>
  runStory(parseScript('a.txt', lines.join('\n')), (shape) => VirtualWorld.open(shape, seed));

describe('a story', () => {
  it('fails where the output is another one, with both', async () => {
    const { failure } = await tell(['cluster 3', 'put x 1', 'get x', '----', 'OK', '"2"']);
    expect(failure?.message.split('\n')).toEqual([
      'a.txt:4: the story goes another way than it is written',
      '  expected  OK',
      '  expected  "2"',
      '  came      OK',
      '  came      "1"',
    ]);
  });

  it('fails where something is expected that is not so, with what is', async () => {
    const { failure } = await tell(['cluster 3 led by n2', 'expect n1 is leader']);
    expect(failure?.message.split('\n')).toEqual([
      'a.txt:2: expect n1 is leader: it is not so',
      '  n1: following n2',
      '  n2: leading in t1',
      '  the other: following n2',
    ]);
  });

  it('fails where it waits in vain', async () => {
    const { failure } = await tell(['cluster 3 led by n1', 'kill n2,n3', 'wait for a leader in n2,n3']);
    expect(failure?.message).toContain('a.txt:3: wait for a leader in n2,n3: not so after 20 s');
  });

  it('fails where a command cannot be carried out', async () => {
    const { failure } = await tell(['cluster 3', 'kill n7']);
    expect(failure?.message).toContain('a.txt:2: kill n7: there is no node "n7"');
  });

  it('knows no name that was not given', async () => {
    const { failure } = await tell(['cluster 3', 'let old = leader', 'kill $odl']);
    expect(failure?.message).toBe('a.txt:3: nothing is called $odl; did you mean old?');
  });

  it.each([1, 2, 3, 4, 5])('prints the same whoever leads and whenever: seed %i', async (seed) => {
    const { failure, outputs } = await tell(
      ['cluster 5', 'put x 1', 'let old = leader', 'kill $old', 'wait for a leader', 'put x 2', 'restart $old']
        .concat(['wait until all agree', 'let new = leader', 'show roles', 'show log'])
        .concat(['----', 'OK', 'OK', 'old: following new', 'new: leading in t2', 'the others: following new'])
        .concat(['old', 'new', 'the others'].map((who) => `${who}: x=1@t1 -@t2 x=2@t2 |`)),
      seed,
    );
    expect({ failure, outputs: outputs.length }).toEqual({ failure: null, outputs: 1 });
  });

  it('takes the same virtual time each time', async () => {
    const times: number[] = [];
    for (let i = 0; i < 2; i += 1) {
      const script = parseScript(
        'a.txt',
        'cluster 5\nkill leader\nput x 1\nbegin w: at n1 put x 2 --deadline 2s\nfinish w\nwait 1s',
      );
      let world: VirtualWorld | null = null;
      await runStory(
        script,
        async (shape) => {
          world = await VirtualWorld.open(shape);
          return world;
        },
        { update: true, audience: { onOutput: () => void times.push(world?.now ?? 0) } },
      );
    }
    expect(times.length).toBe(4);
    expect(times.slice(2)).toEqual(times.slice(0, 2));
  });

  it('gives a request that is sent again the answer of the first time', async () => {
    const { failure } = await tell(
      ['cluster 3 led by n1', 'begin w: at n1 put x 1', 'finish w', 'put x 2', 'retry w at n1', 'get x', '----'].concat([
        'w: OK',
        'OK',
        'w: OK',
        '"2"',
      ]),
    );
    expect(failure).toBeNull();
  });

  it('heals the fault that a sentence has set, and no other', async () => {
    const { failure } = await tell([
      'cluster 3 led by n1',
      'pause n2',
      'kill n3',
      'end pause',
      'wait until n2 is follower',
      'expect n3 is down',
      'end pause',
    ]);
    expect(failure?.message).toBe('a.txt:7: no fault was set by "pause"; write end and the sentence that set it');
  });
});
