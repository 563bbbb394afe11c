/** Runs unit tests over the source with a bug in it, or as it is. */
import { join } from 'node:path';
import { startVitest } from 'vitest/node';
import type { Bug, Catcher } from './bug.ts';
import { mutatedFiles } from './plant.ts';

type NamedTest = Extract<Catcher, { by: 'test' }>;

const ROOT = join(import.meta.dirname, '../..');

/** What failed of the named tests, one line each. Throws when a name fits no test. */
export async function failuresOf(bug: Bug | null, tests: readonly NamedTest[]): Promise<readonly string[]> {
  if (tests.length === 0) return [];
  const texts = bug === null ? new Map<string, string>() : mutatedFiles(bug);
  const plugin = {
    name: 'museum',
    enforce: 'pre' as const,
    transform: (_: string, id: string) => texts.get(id.split('?')[0] ?? id) ?? null,
  };
  const names = tests.map(({ name }) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const vitest = await startVitest(
    'test',
    [...new Set(tests.map(({ file }) => `test/${file}`))],
    {
      root: ROOT,
      config: false,
      watch: false,
      reporters: [{}],
      fsModuleCache: false,
      testNamePattern: `^(?:${names.join('|')})`,
    },
    { plugins: [plugin] },
  );
  const failures: string[] = [];
  const ran: string[] = [];
  for (const module of vitest.state.getTestModules()) {
    // A file that cannot be loaded has tested nothing.
    for (const error of module.errors()) throw new Error(`${module.moduleId}: ${error.message}`);
    for (const test of module.children.allTests()) {
      const { state, errors } = test.result();
      if (state !== 'skipped') ran.push(test.fullName);
      if (state === 'failed') failures.push(`${test.fullName}: ${errors[0]?.message.split('\n')[0]}`);
    }
  }
  const idle = tests.find(({ name }) => failures.length === 0 && !ran.some((full) => full.startsWith(name)));
  if (idle !== undefined) throw new Error(`no test of ${idle.file} is called "${idle.name}"`);
  await vitest.close();
  process.exitCode = 0;
  return failures;
}
