import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { openCluster } from '../../src/cluster/native/driver.ts';
import { paths } from '../../src/cluster/native/folder/directory.ts';
import { killNode, lastLogLines } from '../../src/cluster/native/process/processes.ts';
import { freshHome, ids, leaderOf, until } from './in-home.ts';

const home = freshHome();
const PROGRAM = join(import.meta.dirname, '../../dist/cli/main.js');
const KEYS = 120;

/** Turns bits over in the middle of what a node's log holds. */
async function damageLog(dir: string, id: string): Promise<string> {
  const wal = join(paths.data(dir, id), 'wal');
  const [name = ''] = (await readdir(wal)).filter((each) => each.endsWith('.log'));
  const bytes = await readFile(join(wal, name));
  const used = bytes.findLastIndex((byte) => byte !== 0);
  for (const place of [0.5, 0.6]) {
    const at = Math.floor(used * place);
    bytes[at] = (bytes[at] ?? 0) ^ 0x41;
  }
  await writeFile(join(wal, name), bytes);
  return join(wal, name);
}

describe('a node whose log was damaged while it was down', () => {
  it('says that it repairs, has everything again from the others, and can lead again', async () => {
    const { dir } = await home.start();
    const client = await home.client();
    const victim = await leaderOf(client, ids(3));
    for (let key = 0; key < KEYS; key += 1) await client.put(`key/${key}`, `value ${key}`);
    await killNode(dir, victim);
    await damageLog(dir, victim);
    const others = ids(3).filter((id) => id !== victim);
    await leaderOf(client, others);

    const driver = await openCluster('default', { home: home.path, watch: false });
    home.atEnd(() => driver.close());
    await driver.act({ type: 'isolate', nodes: [victim], forMs: null });
    await driver.act({ type: 'restart', nodes: [victim] });
    const cutOff = await client.status(victim);
    expect(cutOff).toMatchObject({ repairing: true, role: 'follower', leader: null });
    expect(cutOff.lastIndex).toBeLessThan(KEYS);
    const told = (await lastLogLines(dir, victim, 20)).join('\n');
    expect(told).toContain('the log was damaged; what is behind the damage is kept in quarantine');
    expect(told).toContain('repairing: no vote until a leader has given back what was lost');
    expect(await readdir(join(paths.data(dir, victim), 'quarantine'))).toHaveLength(1);

    await driver.act({ type: 'heal', fault: null });
    await until(async () => ((await client.status(victim).catch(() => null))?.repairing === false ? true : null));
    await until(async () =>
      (await lastLogLines(dir, victim, 20)).join('\n').includes('repaired: the log is whole again') ? true : null,
    );
    // A transfer is given up when its target is not quick enough; it may be asked for again.
    await until(async () => {
      if ((await leaderOf(client, ids(3))) === victim) return true;
      await driver.act({ type: 'transfer', to: victim }).catch(() => null);
      return null;
    });
    for (let key = 0; key < KEYS; key += 1) expect((await client.get(`key/${key}`)).kv?.value).toBe(`value ${key}`);
  });
});

describe('a single node whose log was damaged', () => {
  it('refuses to start, says where, and starts with what is left once the loss is accepted', async () => {
    const { dir } = await home.start({ count: 1 });
    const client = await home.client();
    for (let key = 0; key < KEYS; key += 1) await client.put(`key/${key}`, `value ${key}`);
    const n1 = nodeId('n1');
    await killNode(dir, n1);
    const file = await damageLog(dir, n1);
    const refusal = await home.start({ count: 1 }).catch((error: Error) => error.message);
    expect(refusal).toContain(file);
    expect(refusal).toMatch(/at byte \d+: .* index \d+ in term \d+/);
    expect(refusal).toContain('--accept-data-loss');

    const node = spawn(process.execPath, [PROGRAM, 'node', '--config', paths.config(dir, n1), '--accept-data-loss'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    home.atEnd(() => void node.kill('SIGKILL'));
    let told = '';
    node.stderr.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
    await until(() => (told.includes('"serving"') ? true : null));
    expect(told).toContain('the loss was accepted');
    expect((await client.get('key/0')).kv?.value).toBe('value 0');
    expect((await client.get(`key/${KEYS - 1}`)).kv).toBeNull();
    node.kill('SIGTERM');
    expect(await once(node, 'close')).toEqual([0, null]);
    await home.start({ count: 1 });
    expect((await client.get('key/0')).kv?.value).toBe('value 0');
  });
});
