/** Every story that is shipped goes, in virtual time, as it is written. UPDATE_GOLDENS=1 writes what was printed. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runStory } from '../../src/scenario/run.ts';
import { parseScript, type Script, withOutputs } from '../../src/scenario/script.ts';
import { VirtualWorld } from '../../src/scenario/virtual-world.ts';

const FOLDER = resolve(import.meta.dirname, '../../scenarios');
const OTHER_SEED = 2;
const update = process.env['UPDATE_GOLDENS'] === '1';

/** With other delays and other winners: what a story prints may not depend on them, or it would fail on real nodes. */
async function expectTheSame(script: Script): Promise<void> {
  const { failure } = await runStory(script, (shape) => VirtualWorld.open(shape, OTHER_SEED));
  expect(failure?.message, `seed ${OTHER_SEED}`).toBeUndefined();
}

describe('a shipped story', () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.txt'))) {
    it(name, async () => {
      const file = join(FOLDER, name);
      const text = readFileSync(file, 'utf8');
      const script = parseScript(`scenarios/${name}`, text);
      expect(script.title).not.toBe('');
      const { outputs, failure } = await runStory(script, (shape) => VirtualWorld.open(shape), { update });
      expect(failure?.message).toBeUndefined();
      if (!update) await expectTheSame(script);
      if (update) writeFileSync(file, withOutputs(script, text, outputs));
    });
  }
});
