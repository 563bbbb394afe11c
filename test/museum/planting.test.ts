import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUGS } from './catalogue.ts';
import { mutated, mutatedFiles } from './plant.ts';
import { undeclaredIn } from './undeclared.ts';

/** `npm run museum` shows that they are caught; that takes minutes, this a moment. */
describe('the museum', () => {
  it.each(BUGS)('can plant $name where it belongs', (bug) => {
    expect(mutatedFiles(bug).size).toBeGreaterThan(0);
  });

  it('names nothing in a planted bug that is not there', () => {
    const planted = BUGS.flatMap((bug) =>
      [...mutatedFiles(bug)].map(([path, text]) => [`${bug.name}/${basename(path)}`, text] as const),
    );
    expect(undeclaredIn(new Map(planted))).toBe('');
    expect(undeclaredIn(new Map([['moved.ts', 'export const found = () => moved;']]))).toContain('moved');
  });

  it('has each exhibit once', () => {
    expect(new Set(BUGS.map(({ name }) => name)).size).toBe(BUGS.length);
    expect(BUGS.every(({ name }) => /^[a-z][a-z0-9-]+$/.test(name))).toBe(true);
  });

  it('says so when the code has moved, or has the place twice', () => {
    const edit = { file: 'raft/log.ts', find: 'here', replace: 'there' };
    expect(mutated({ name: 'bug' }, 'it is here.', [edit])).toBe('it is there.');
    expect(() => mutated({ name: 'bug' }, 'it is gone.', [edit])).toThrow('bug must be planted anew');
    expect(() => mutated({ name: 'bug' }, 'here and here.', [edit])).toThrow('stands 2 times in src/raft/log.ts');
  });
});
