import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { paths } from '../../src/cluster/native/folder/directory.ts';
import { freshHome } from './in-home.ts';

const home = freshHome();
const PROGRAM = join(import.meta.dirname, '../../dist/cli/main.js');
/** A disk that never opens what is in a node's store. */
const NO_FILES = `
const fs = require('node:fs');
const { open } = fs;
let told = false;
const tell = () => told || (told = process.stderr.write('opening'));
setInterval(() => {}, 1_000);
fs.open = (path, ...rest) => (String(path).includes('/data/') ? tell() : open(path, ...rest));
`;

it('a node that is told to stop while it reads its store ends at once', async () => {
  const { dir } = await home.start({ count: 1 });
  const client = await home.client();
  await client.put('a', '1');
  await home.stop();
  const hook = join(home.path, 'no-files.cjs');
  await writeFile(hook, NO_FILES);
  const node = spawn(process.execPath, ['--require', hook, PROGRAM, 'node', '--config', paths.config(dir, 'n1')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  home.atEnd(() => void node.kill('SIGKILL'));
  let told = '';
  node.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString();
    if (told === 'opening') node.kill('SIGTERM');
  });
  expect(await once(node, 'close')).toEqual([0, null]);
  expect(told).toContain('"stopping"');
  await home.start({ count: 1 });
  expect((await client.get('a')).kv?.value).toBe('1');
});
