/** A console that is killed leaves no node, no stopped process and no fault behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { openCluster } from '../../src/cluster/native/driver.ts';
import { readLedger } from '../../src/cluster/native/faults/ledger.ts';
import { findCluster, processesOf } from '../../src/cluster/native/folder/find-cluster.ts';
import { startCluster } from '../../src/cluster/native/lifecycle.ts';
import { freshHome, until } from './in-home.ts';

const home = freshHome();
const DIST = pathToFileURL(resolve(import.meta.dirname, '../../dist/cluster/native')).href;

/** A program that opens a cluster as a console does, sets two faults and waits for its end. */
async function consoleProgram(opening: string): Promise<ChildProcess> {
  const script = `
    const { startCluster } = await import('${DIST}/lifecycle.js');
    const { openCluster } = await import('${DIST}/driver.js');
    const home = ${JSON.stringify(home.path)};
    ${opening}
    await driver.act({ type: 'pause', nodes: ['n1'], forMs: null });
    await driver.act({ type: 'isolate', nodes: ['n2'], forMs: null });
    console.log('ready');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  home.atEnd(() => void child.kill('SIGKILL'));
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

async function states(): Promise<readonly string[]> {
  const { dir, file } = await findCluster({ home: home.path });
  return (await processesOf(dir, file)).map(({ state }) => state);
}

async function faultCount(): Promise<number> {
  const { dir } = await findCluster({ home: home.path });
  return (await readLedger(dir)).faults.length;
}

describe('the guard', () => {
  it('stops the nodes of a killed console that has started them', async () => {
    const child = await consoleProgram(`
      const { hold } = await startCluster({ home, count: 3, detach: false });
      const driver = await openCluster('default', { home, ...hold });`);
    expect(await states()).toEqual(['paused', 'up', 'up']);
    child.kill('SIGKILL');
    await until(async () => ((await states()).every((state) => state === 'down') ? true : null));
    await until(async () => ((await faultCount()) === 0 ? true : null));
  });

  it('heals what a killed console has broken, and leaves the nodes of others running', async () => {
    await home.start();
    const line = await openCluster('default', { home: home.path, watch: false });
    home.atEnd(() => line.close());
    await line.act({
      type: 'link',
      from: nodeId('n3'),
      to: nodeId('n1'),
      bothWays: false,
      drop: 0,
      delayMs: [1, 2],
      duplicate: 0,
      forMs: null,
    });
    const child = await consoleProgram(`const driver = await openCluster('default', { home });`);
    expect([await faultCount(), await states()]).toEqual([3, ['paused', 'up', 'up']]);
    child.kill('SIGKILL');
    await until(async () => ((await faultCount()) === 1 ? true : null));
    expect(await states()).toEqual(['up', 'up', 'up']);
  });

  it('leaves the nodes running when the console was told to detach before it was killed', async () => {
    const child = await consoleProgram(`
      const { hold } = await startCluster({ home, count: 3, detach: false });
      const driver = await openCluster('default', { home, ...hold });
      driver.detach();`);
    child.kill('SIGKILL');
    await until(async () => ((await faultCount()) === 0 ? true : null));
    expect(await states()).toEqual(['up', 'up', 'up']);
  });

  it('has nothing to do after an orderly end', async () => {
    const { hold } = await startCluster({ home: home.path, count: 1, detach: false });
    if (hold === null) expect.fail('a start for a console has a guard');
    const driver = await openCluster('default', { home: home.path, ...hold });
    expect(driver.ownsNodes).toBe(true);
    await driver.close();
    expect(await states()).toEqual(['down']);
    expect((await home.start({ count: 1 })).launched).toEqual(['n1']);
  });
});
