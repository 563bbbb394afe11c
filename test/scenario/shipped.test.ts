/** Every story that is shipped goes, in virtual time, as it is written. UPDATE_GOLDENS=1 writes what was printed. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runStory } from '../../src/scenario/run.ts';
import { parseScript, withOutputs } from '../../src/scenario/script.ts';
import { VirtualWorld } from '../../src/scenario/virtual-world.ts';

const FOLDER = resolve(import.meta.dirname, '../../scenarios');
const update = process.env['UPDATE_GOLDENS'] === '1';

describe('a shipped story', () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.txt'))) {
    it(name, async () => {
      const file = join(FOLDER, name);
      const text = readFileSync(file, 'utf8');
      const script = parseScript(`scenarios/${name}`, text);
      expect(script.title).not.toBe('');
      const { outputs, failure } = await runStory(script, (nodes) => VirtualWorld.open(nodes), { update });
      expect(failure?.message).toBeUndefined();
      if (update) writeFileSync(file, withOutputs(script, text, outputs));
    });
  }
});
