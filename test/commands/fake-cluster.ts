/** A cluster in memory for tests of commands: an ordered map, a scripted picture, and a list of the actions asked for. */
import { logIndex, nodeId, revision, term } from '../../src/base/brand.ts';
import { RpcError } from '../../src/base/errors.ts';
import type {
  ActiveFault,
  Capability,
  ClusterAction,
  ClusterDriver,
  ClusterPicture,
  KvClient,
  NodeState,
} from '../../src/cluster/driver.ts';
import type { CommandContext } from '../../src/commands/command.ts';
import type { KeyValue } from '../../src/kv/commands.ts';

export interface FakeCluster extends ClusterDriver {
  readonly actions: ClusterAction[];
  readonly store: Map<string, KeyValue>;
  /** The next call of the store fails with this. */
  failWith: RpcError | null;
  closed: boolean;
}

const ALL: readonly Capability[] = [
  'process-faults',
  'link-faults',
  'node-faults',
  'power-loss',
  'transfer-leadership',
  'stop-cluster',
  'detach',
];

export function pictureOf(
  count: number,
  options: { leader?: string | null; states?: Readonly<Record<string, NodeState>>; faults?: readonly ActiveFault[] } = {},
): ClusterPicture {
  const leader = options.leader === undefined ? 'n1' : options.leader;
  return {
    name: 'test',
    dir: null,
    nodes: Array.from({ length: count }, (_, i) => ({
      id: nodeId(`n${i + 1}`),
      url: `ws://127.0.0.1:${7001 + i}/`,
      pid: 4_000 + i,
      state: options.states?.[`n${i + 1}`] ?? 'up',
      status: null,
      seenAt: null,
    })),
    leader: leader === null ? null : nodeId(leader),
    term: term(3),
    faults: options.faults ?? [],
  };
}

export function faultOf(id: number, kind: ActiveFault['kind'], command: string, nodes: readonly string[] = []): ActiveFault {
  return { id, kind, command, nodes: nodes.map(nodeId), since: 0, until: null, owner: 'cli' };
}

export function fakeCluster(picture: ClusterPicture = pictureOf(5), capabilities: readonly Capability[] = ALL): FakeCluster {
  const store = new Map<string, KeyValue>();
  const actions: ClusterAction[] = [];
  const cluster: FakeCluster = {
    actions,
    store,
    failWith: null,
    closed: false,
    capabilities: new Set(capabilities),
    ownsNodes: false,
    kv: fakeKv(store, () => {
      const error = cluster.failWith;
      cluster.failWith = null;
      if (error !== null) throw error;
    }),
    picture: () => picture,
    refresh: async () => {},
    onPicture: () => () => {},
    onEvent: () => () => {},
    logRows: async () => [],
    checks: () => null,
    onChecks: () => () => {},
    noteAcknowledged: () => {},
    act: async (action) => {
      actions.push(action);
      return { text: `did ${action.type}`, fault: 'forMs' in action ? 1 : null };
    },
    detach: () => {},
    close: async () => {
      cluster.closed = true;
    },
  };
  return cluster;
}

export function contextOf(driver: ClusterDriver, overrides: Partial<CommandContext> = {}): CommandContext {
  return { driver, marked: [], cursor: null, signal: new AbortController().signal, ...overrides };
}

function fakeKv(store: Map<string, KeyValue>, check: () => void): KvClient {
  let last = 0;
  const write = (key: string, value: string): number => {
    last += 1;
    const old = store.get(key);
    const at = revision(last);
    store.set(key, { key, value, createRevision: old?.createRevision ?? at, modRevision: at, version: (old?.version ?? 0) + 1 });
    return last;
  };
  return {
    put: async (key, value) => {
      check();
      if (key === '') throw new RpcError('INVALID_PARAMS', { detail: 'the key is empty' });
      const at = write(key, value);
      return { revision: at, index: logIndex(at + 1), term: term(3) };
    },
    get: async (key) => {
      check();
      return { kv: store.get(key) ?? null, revision: last };
    },
    delete: async (key) => {
      check();
      const deleted = store.delete(key);
      if (deleted) last += 1;
      return { deleted, revision: last };
    },
    cas: async (key, expect, value) => {
      check();
      const current = store.get(key)?.value ?? null;
      if (current !== expect) return { swapped: false, current, revision: last };
      return { swapped: true, current: value, revision: write(key, value) };
    },
    retryUnknown: async () => null,
    watch: async function* ({ key }) {
      check();
      for (const kv of store.values())
        if (key === undefined || kv.key === key) yield { type: 'put', key: kv.key, revision: kv.modRevision, kv };
    },
    history: async (key) => {
      check();
      const kv = store.get(key);
      const versions = kv === undefined ? [] : [{ type: 'put' as const, revision: kv.modRevision, kv, origin: null }];
      return { versions, more: false, compactedBelow: revision(0), revision: revision(last) };
    },
    range: async (query) => {
      check();
      const bytes = (text: string): Buffer => Buffer.from(text);
      const prefix = query.prefix ?? '';
      const end = query.end ?? null;
      const all = [...store.values()]
        .filter(({ key }) => key.startsWith(prefix) && Buffer.compare(bytes(key), bytes(query.start ?? '')) >= 0)
        .filter(({ key }) => end === null || Buffer.compare(bytes(key), bytes(end)) < 0)
        .sort((a, b) => Buffer.compare(bytes(a.key), bytes(b.key)));
      if (query.reverse === true) all.reverse();
      const limit = query.limit === undefined || query.limit === 0 ? 1_000 : Math.min(query.limit, 1_000);
      const kvs = query.countOnly === true ? [] : all.slice(0, limit);
      const shown = query.keysOnly === true ? kvs.map((kv) => ({ ...kv, value: '' })) : kvs;
      return { kvs: shown, count: all.length, more: kvs.length < all.length, revision: revision(last) };
    },
  };
}
