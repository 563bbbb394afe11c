/** What is built starts from few files, and loads nothing that it does not use. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { findCluster } from '../../src/cluster/native/lifecycle.ts';
import { freshHome } from './in-home.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const home = freshHome();

interface Loaded {
  readonly files: readonly string[];
  readonly builtins: readonly string[];
}

/** All that is loaded for `statement`, which is run in the folder of the program. */
async function loadedFor(statement: string, argv: readonly string[] = ['ls', '--home', '/nonexistent']): Promise<Loaded> {
  const script = `
    import { registerHooks } from 'node:module';
    const files = [];
    registerHooks({ load: (url, context, next) => (url.startsWith('file:') && files.push(url), next(url, context)) });
    process.on('exit', () => console.error(JSON.stringify({ files, builtins: process.moduleLoadList })));
    ${statement}
  `;
  const { stderr } = await run(process.execPath, ['--input-type=module', '-e', script, ...argv], { cwd: ROOT });
  return JSON.parse(stderr) as Loaded;
}

const PROGRAM = "process.argv.splice(1, 0, 'raftkv-tui'); await import('./bin/raftkv-tui.js')";

it('runs a command from a handful of files, none of them a package', async () => {
  const { files } = await loadedFor(PROGRAM);
  expect(files.filter((url) => url.includes('/node_modules/'))).toEqual([]);
  expect(files.length).toBeLessThan(10);
});

it('launches a new cluster without what asks nodes for anything: they say themselves that they serve', async () => {
  const { files, builtins } = await loadedFor(PROGRAM, ['start', '1', '--detach', '--quiet', '--home', home.path]);
  expect((await findCluster({ home: home.path })).file.nodes).toHaveLength(1);
  expect(files.filter((url) => /\/node_modules\/|core|shapes|readiness|driver/.test(url))).toEqual([]);
  expect(files.length).toBeLessThan(10);
  expect(builtins.filter((name) => /^NativeModule (_?http|worker)/.test(name))).toEqual([]);
});

it('draws with Ink from a file of ours, and leaves the fetch of Node alone until somebody asks', async () => {
  const { files, builtins } = await loadedFor("await import('./dist/chunks/console.js')");
  expect(files.filter((url) => url.includes('/node_modules/'))).toEqual([]);
  expect(files.length).toBeLessThan(6);
  expect(builtins.filter((name) => name.includes('undici'))).toEqual([]);
});

it('compiles nothing before it is known where compiled code is kept', async () => {
  expect(await readFile(join(ROOT, 'dist/cli/main.js'), 'utf8')).not.toMatch(/^import /m);
});
