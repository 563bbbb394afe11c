/** Real processes. Time passes by itself; what is waited for is looked at again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeId } from '../base/brand.ts';
import { RpcError } from '../base/errors.ts';
import { dialNode } from '../cluster/client/dial.ts';
import type { ClusterDriver, ClusterPicture, NodeView } from '../cluster/driver.ts';
import type { Command } from '../kv/commands.ts';
import { checkResult } from '../wire/check.ts';
import { driverWith } from './driver-with.ts';
import type { NodeAnswer, NodeRequest, World } from './world.ts';

const LOOK_MS = 20;
const ASK_MS = 400;

export interface LiveWorldParts {
  readonly driver: ClusterDriver;
  /** The bearer token of its clients. */
  readonly token: string;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  readonly close: () => Promise<void>;
}

export class LiveWorld implements World {
  readonly driver: ClusterDriver;
  readonly #parts: LiveWorldParts;
  #lookedAt = 0;

  constructor(parts: LiveWorldParts) {
    this.driver = driverWith(parts.driver, { picture: () => this.#fresh() });
    this.#parts = parts;
  }

  /** A connection of its own for each request: whether it came about tells a refusal from a lost answer. */
  async ask(node: NodeId, request: NodeRequest, deadlineMs: number): Promise<NodeAnswer> {
    const url = this.driver.picture().nodes.find(({ id }) => id === node)?.url;
    if (url === undefined) throw new RpcError('NO_QUORUM', { detail: `There is no node ${node}.` });
    const until = performance.now() + deadlineMs;
    const { token } = this.#parts;
    const connection = await dialNode({
      url,
      token,
      ca: null,
      timeoutMs: deadlineMs,
      onNotification: () => {},
      onClose: () => {},
    });
    try {
      const left = Math.max(1, Math.floor(until - performance.now()));
      const call = async (method: string, params: object): Promise<unknown> =>
        connection.request(method, { ...params, forward: false, deadlineMs: left }, left);
      return request.type === 'write' ? await write(request.command, call) : await read(request, call);
    } finally {
      connection.close();
    }
  }

  wall(): number {
    return Date.now();
  }

  run<T>(work: Promise<T>): Promise<T> {
    return work;
  }

  async pass(ms: number): Promise<void> {
    await this.#sleep(ms);
  }

  async until(isSo: () => Promise<boolean>, patienceMs: number): Promise<boolean> {
    const end = performance.now() + patienceMs;
    for (;;) {
      await this.look();
      if (await isSo()) return true;
      if (performance.now() >= end) return false;
      await this.#sleep(LOOK_MS);
    }
  }

  async look(): Promise<void> {
    const since = performance.now();
    await this.#parts.driver.refresh(ASK_MS);
    this.#lookedAt = since;
  }

  close(): Promise<void> {
    return this.#parts.close();
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#parts.signal });
  }

  /** Of a node that runs, only what it said when last looked at: it may have led before it was restarted. */
  #fresh(): ClusterPicture {
    const picture = this.#parts.driver.picture();
    const nodes = picture.nodes.map((node) => {
      const isOld = node.state === 'up' && (node.seenAt ?? 0) < this.#lookedAt;
      return isOld ? { ...node, status: null } : node;
    });
    const leads = ({ state, status }: NodeView): boolean => state === 'up' && status?.role === 'leader';
    const newest = Math.max(...nodes.filter(leads).map(({ status }) => status?.term ?? 0));
    const leader = nodes.find((node) => leads(node) && node.status?.term === newest)?.id ?? null;
    return { ...picture, nodes, leader };
  }
}

type Call = (method: string, params: object) => Promise<unknown>;

async function write(command: Command, call: Call): Promise<NodeAnswer> {
  if (command.type === 'open-session') {
    const { session } = checkResult('session.open', await call('session.open', {}));
    return { type: 'write', reply: { type: 'session', session } };
  }
  const { type, request, ...words } = command;
  const params = { ...words, ...request };
  switch (type) {
    case 'put':
      return { type: 'write', reply: { type, revision: checkResult('kv.put', await call('kv.put', params)).revision } };
    case 'delete':
      return { type: 'write', reply: { type, ...checkResult('kv.delete', await call('kv.delete', params)) } };
    case 'cas':
      return { type: 'write', reply: { type, ...checkResult('kv.cas', await call('kv.cas', params)) } };
  }
}

async function read(request: Exclude<NodeRequest, { readonly type: 'write' }>, call: Call): Promise<NodeAnswer> {
  const consistency = request.stale ? 'stale' : 'linearizable';
  if (request.type === 'get') {
    return { type: 'get', ...checkResult('kv.get', await call('kv.get', { key: request.key, consistency })) };
  }
  const given = Object.entries(request.query).filter(([, value]) => value !== null);
  return {
    type: 'range',
    result: checkResult('kv.range', await call('kv.range', { ...Object.fromEntries(given), consistency })),
  };
}
