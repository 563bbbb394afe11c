import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/node/load-config.ts';

let folder = '';
const tokenOf = (role: string): string => role.padEnd(40, '-');

const config = {
  id: 'n1',
  clusterId: '0'.repeat(32),
  clusterName: 'test',
  listen: { host: '127.0.0.1', port: 7001 },
  members: [{ id: 'n1', url: 'ws://127.0.0.1:7001/' }],
  dataDir: 'data',
  tokens: { client: 'client.token', admin: 'admin.token', peer: 'peer.token' },
  faults: { enabled: false, planFile: null },
};

function write(value: unknown): string {
  const file = join(folder, 'node.json');
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftkv-config-'));
  for (const role of ['client', 'admin', 'peer'])
    writeFileSync(join(folder, `${role}.token`), `${tokenOf(role)}\n`, { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('loadConfig', () => {
  it('reads the file and the secrets it names, relative to itself', async () => {
    const loaded = await loadConfig(write(config));
    expect(loaded.dataDir).toBe(join(folder, 'data'));
    expect(loaded.tokens).toEqual({ client: tokenOf('client'), admin: tokenOf('admin'), peer: tokenOf('peer') });
  });

  it.each([
    ['no JSON', '{'],
    ['an unknown member', { ...config, surprise: 1 }],
    ['a port that is none', { ...config, listen: { host: '127.0.0.1', port: 70_000 } }],
    ['a url that is not for WebSockets', { ...config, members: [{ id: 'n1', url: 'http://127.0.0.1:7001/' }] }],
    ['a node outside its own cluster', { ...config, id: 'n2' }],
    ['no members', { ...config, members: [] }],
  ])('refuses %s with a ConfigError that names the file', async (_what, value) => {
    const file = write(value);
    await expect(loadConfig(file)).rejects.toThrow(ConfigError);
    await expect(loadConfig(file)).rejects.toThrow(file);
  });

  it('refuses a secret that others may read, and says how to mend it', async () => {
    chmodSync(join(folder, 'admin.token'), 0o644);
    await expect(loadConfig(write(config))).rejects.toThrow('chmod 600');
  });

  it.each([
    ['empty', ''],
    ['short', 'x'.repeat(31)],
    ['not for a header', `${'x'.repeat(40)} y`],
  ])('refuses a token that is %s, for it would let anybody in', async (_what, token) => {
    writeFileSync(join(folder, 'admin.token'), token);
    await expect(loadConfig(write(config))).rejects.toThrow('holds no token');
  });

  it('refuses one token for two roles', async () => {
    writeFileSync(join(folder, 'admin.token'), tokenOf('client'));
    await expect(loadConfig(write(config))).rejects.toThrow('must differ');
  });

  it('refuses a secret behind a symbolic link', async () => {
    rmSync(join(folder, 'peer.token'));
    symlinkSync(join(folder, 'client.token'), join(folder, 'peer.token'));
    await expect(loadConfig(write(config))).rejects.toThrow('peer.token');
  });
});
