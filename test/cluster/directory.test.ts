import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createClusterDir,
  deleteClusterDir,
  listClusterNames,
  paths,
  readClusterFile,
  readToken,
  writeClusterFile,
  writeNodeConfigs,
} from '../../src/cluster/native/folder/directory.ts';
import { findCluster } from '../../src/cluster/native/folder/find-cluster.ts';
import { clusterDir, defaultHome } from '../../src/cluster/native/folder/home.ts';
import { freePorts, isPortFree } from '../../src/cluster/native/folder/ports.ts';
import { createPrivateFile, readPrivateFile, replacePrivateFile } from '../../src/cluster/native/folder/private-files.ts';
import type { ClusterFile } from '../../src/cluster/native/shapes.ts';
import { NodeConfig } from '../../src/node/config.ts';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'raftkv-dir-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const FILE: ClusterFile = {
  name: 'demo',
  clusterId: '0123456789abcdef0123456789abcdef',
  createdAt: 1_700_000_000_000,
  nodes: [
    { id: 'n1', url: 'ws://127.0.0.1:4001', port: 4001 },
    { id: 'n2', url: 'ws://127.0.0.1:4002', port: 4002 },
  ],
  options: { basePort: null },
};

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

describe('the folder of a cluster', () => {
  it('is private throughout, whatever the umask', async () => {
    const old = process.umask(0);
    try {
      const dir = await createClusterDir(home, FILE);
      for (const path of [dir, paths.node(dir, 'n1'), paths.data(dir, 'n2')]) expect(await modeOf(path)).toBe(0o700);
      for (const role of ['client', 'admin', 'peer'] as const) expect(await modeOf(paths.token(dir, role))).toBe(0o600);
      expect(await modeOf(paths.cluster(dir))).toBe(0o600);
    } finally {
      process.umask(old);
    }
  });

  it('has a token of 256 random bits per role', async () => {
    const dir = await createClusterDir(home, FILE);
    const tokens = await Promise.all((['client', 'admin', 'peer'] as const).map((role) => readToken(dir, role)));
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(tokens).size).toBe(3);
  });

  it('is made once: of two creators one is told that the name is taken', async () => {
    const results = await Promise.allSettled([createClusterDir(home, FILE), createClusterDir(home, FILE)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await listClusterNames(home)).toEqual(['demo']);
  });

  it('is named with the others when one is asked for that is not there', async () => {
    await createClusterDir(home, FILE);
    await expect(findCluster({ home, name: 'other' })).rejects.toThrow("no cluster 'other'. Here are: demo (--cluster NAME).");
    await expect(findCluster({ home: join(home, 'none') })).rejects.toThrow(
      "no cluster 'default'. Start one with: raftkv-tui start",
    );
  });

  it('is read as it was written, and vanishes whole', async () => {
    const dir = await createClusterDir(home, FILE);
    expect(await readClusterFile(dir)).toEqual(FILE);
    const moved = { ...FILE, createdAt: 5 };
    await writeClusterFile(dir, moved);
    expect(await readClusterFile(dir)).toEqual(moved);
    await deleteClusterDir(dir);
    expect(await readClusterFile(dir)).toBeNull();
    expect(await listClusterNames(home)).toEqual([]);
  });

  it('gives each node a configuration that the node accepts, without any secret in it', async () => {
    const dir = await createClusterDir(home, FILE);
    await writeNodeConfigs(dir, FILE, ['n2']);
    const text = await readFile(paths.config(dir, 'n2'), 'utf8');
    const config = NodeConfig.parse(JSON.parse(text));
    expect(config).toMatchObject({ id: 'n2', listen: { host: '127.0.0.1', port: 4002 }, clusterId: FILE.clusterId });
    for (const role of ['client', 'admin', 'peer'] as const) expect(text).not.toContain(await readToken(dir, role));
    await expect(stat(paths.config(dir, 'n1'))).rejects.toThrow('ENOENT');
  });

  it.each([
    ['not JSON', '{"name":', /is not JSON/],
    [
      'a member outside its range',
      JSON.stringify({ ...FILE, nodes: [{ id: 'n1', url: 'ws://h:1', port: 70_000 }] }),
      /nodes\.0\.port/,
    ],
    ['a path as a node id', JSON.stringify({ ...FILE, nodes: [{ id: '../n1', url: 'ws://h:1', port: 1 }] }), /nodes\.0\.id/],
    ['unknown members', JSON.stringify({ ...FILE, extra: 1 }), /damaged/],
    ['another name', JSON.stringify({ ...FILE, name: 'other' }), /says 'other'/],
  ])('refuses a cluster.json with %s', async (_what, text, message) => {
    const dir = await createClusterDir(home, FILE);
    await replacePrivateFile(paths.cluster(dir), text, { durable: false });
    await expect(readClusterFile(dir)).rejects.toThrow(message);
  });

  it('is refused when others may look into it', async () => {
    const dir = await createClusterDir(home, FILE);
    await chmod(paths.token(dir, 'admin'), 0o640);
    await expect(readToken(dir, 'admin')).rejects.toThrow(/chmod 600/);
    await chmod(dir, 0o750);
    await expect(readClusterFile(dir)).rejects.toThrow(/chmod 700/);
  });

  it('is refused behind a symbolic link', async () => {
    const dir = await createClusterDir(home, FILE);
    await symlink(dir, join(home, 'link'));
    await expect(readClusterFile(join(home, 'link'))).rejects.toThrow(/not a folder/);
    await rm(paths.token(dir, 'client'));
    await symlink(paths.token(dir, 'admin'), paths.token(dir, 'client'));
    await expect(readToken(dir, 'client')).rejects.toThrow(/symbolic link/);
  });

  it('is not made where others can write', async () => {
    await chmod(home, 0o777);
    await expect(createClusterDir(home, FILE)).rejects.toThrow(/chmod go-w/);
  });
});

describe('names', () => {
  it.each(['', '..', 'a/b', '-x', 'Demo', 'a.b', 'a b', 'x'.repeat(65), '\u001b[2J'])(
    'refuses %j as the name of a cluster',
    (name) => {
      expect(() => clusterDir(home, name)).toThrow(/no cluster name/);
    },
  );

  it('takes the home from the environment first', () => {
    const old = process.env['RAFTKV_HOME'];
    process.env['RAFTKV_HOME'] = '/somewhere/else';
    try {
      expect(defaultHome()).toBe('/somewhere/else');
    } finally {
      if (old === undefined) delete process.env['RAFTKV_HOME'];
      else process.env['RAFTKV_HOME'] = old;
    }
  });
});

describe('private files', () => {
  it('are never written through a link that somebody else has put there', async () => {
    const target = join(home, 'target');
    await symlink(target, join(home, 'file'));
    await expect(createPrivateFile(join(home, 'file'), 'secret')).rejects.toThrow('EEXIST');
    await replacePrivateFile(join(home, 'file'), 'new', { durable: true });
    expect(await readPrivateFile(join(home, 'file'), 100)).toBe('new');
    await expect(stat(target)).rejects.toThrow('ENOENT');
  });

  it('have a size limit, and are files', async () => {
    await writeFile(join(home, 'big'), 'x'.repeat(101), { mode: 0o600 });
    await expect(readPrivateFile(join(home, 'big'), 100)).rejects.toThrow(/over the limit/);
    await mkdir(join(home, 'folder'), { mode: 0o700 });
    await expect(readPrivateFile(join(home, 'folder'), 100)).rejects.toThrow(/not a plain file/);
    expect(await readPrivateFile(join(home, 'absent'), 100)).toBeNull();
  });
});

describe('ports', () => {
  it('are free and different', async () => {
    const ports = await freePorts(9);
    expect(new Set(ports).size).toBe(9);
    expect(await Promise.all(ports.map(isPortFree))).toEqual(ports.map(() => true));
  });
});
