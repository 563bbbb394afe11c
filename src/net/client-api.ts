/** The handlers behind the methods of clients and admins: checked parameters in, results out, RpcErrors otherwise. */
import { type NodeId, revision } from '../base/brand.ts';
import { RpcError } from '../base/errors.ts';
import type { Command, RangeQuery, Reply, RequestId } from '../kv/commands.ts';
import type { EntryId, ReadPath } from '../raft/messages.ts';
import { checkParams } from '../wire/check.ts';
import { METHODS, type MethodName, type ParamsOf, type ResultOf } from '../wire/methods.ts';
import { openrpcDocument } from '../wire/openrpc.ts';
import type { Forwarder } from './forwarder.ts';
import { type Later, settle } from './later.ts';
import { LeaderCall } from './leader-call.ts';
import type { CallContext, Handler, RpcSocket } from './rpc-socket.ts';
import type { AdminService, KvService } from './service.ts';
import { Subscriptions } from './subscriptions.ts';
import { Watches } from './watches.ts';

export interface ClientApiOptions {
  readonly self: NodeId;
  readonly service: KvService;
  readonly admin: AdminService;
  readonly forwarder: Pick<Forwarder, 'call'>;
}

type Methods = {
  readonly [M in MethodName as (typeof METHODS)[M]['role'] extends 'client' | 'admin' ? M : never]: (
    params: ParamsOf<M>,
    connection: RpcSocket,
  ) => ResultOf<M> | Later;
};

/** One map for all connections of clients and admins. */
export function clientHandlers(options: ClientApiOptions): ReadonlyMap<string, Handler> {
  const methods: Methods = {
    ...kvMethods(options),
    ...watchMethods(options.service),
    ...nodeMethods(options.service),
    ...adminMethods(options.admin),
  };
  return new Map(
    Object.entries(methods).map(([name, run]) => [name, guarded(name as keyof Methods, run as (...args: never[]) => unknown)]),
  );
}

/** Role first, parameters second: one who may not call a method learns nothing about it. */
function guarded(name: keyof Methods, run: (...args: never[]) => unknown): Handler {
  const forAdmins = METHODS[name].role === 'admin';
  return (params: unknown, { role, connection }: CallContext) => {
    if (forAdmins && role !== 'admin') throw new RpcError('FORBIDDEN');
    return run(checkParams(name, params) as never, connection as never);
  };
}

type KvMethodName = 'kv.put' | 'kv.get' | 'kv.delete' | 'kv.range' | 'kv.history' | 'kv.cas' | 'session.open';

function kvMethods({ self, service, forwarder }: ClientApiOptions): Pick<Methods, KvMethodName> {
  const calls = new LeaderCall(self, service, forwarder);
  // The leader's answers have this form already; they are passed on as they are.
  const write = <M extends KvMethodName>(method: M, params: ParamsOf<M>, command: Command, answer: Answer<M>) =>
    calls.run(method, params, 'write', (deadlineMs, succeed, fail) => {
      service.propose(command, deadlineMs, ({ reply, at }) => settle(() => answer(reply, at), succeed, fail), fail);
    });
  const read = <M extends 'kv.get' | 'kv.range' | 'kv.history'>(method: M, params: ParamsOf<M>, answer: () => ResultOf<M>) => {
    if (params.consistency === 'stale') return answer();
    return calls.run(method, params, 'read', (deadlineMs, succeed, fail) => {
      service.read(deadlineMs, pathOf(params), () => settle(answer, succeed, fail), fail);
    });
  };
  return {
    'kv.put': (params) =>
      write('kv.put', params, { type: 'put', key: params.key, value: params.value, request: requestOf(params) }, (reply, at) => ({
        revision: expected(reply, 'put').revision,
        index: at.index,
        term: at.term,
      })),
    'kv.get': (params) =>
      read('kv.get', params, () => ({
        kv: service.get(params.key, params.revision ?? null),
        revision: params.revision ?? revision(service.revision()),
      })),
    'kv.delete': (params) =>
      write('kv.delete', params, { type: 'delete', key: params.key, request: requestOf(params) }, (reply) => {
        const { deleted, revision: at } = expected(reply, 'delete');
        return { deleted, revision: at };
      }),
    'kv.range': (params) =>
      read('kv.range', params, () => {
        const { kvs, count, more, revision } = service.range(rangeQuery(params), params.revision ?? null);
        return { kvs: [...kvs], count, more, revision };
      }),
    'kv.history': (params) =>
      read('kv.history', params, () => {
        const { versions, ...rest } = service.history({
          key: params.key,
          limit: params.limit ?? 0,
          before: params.before ?? null,
        });
        return { versions: [...versions], ...rest };
      }),
    'kv.cas': ({ key, expect, value, ...rest }) =>
      write('kv.cas', { key, expect, value, ...rest }, { type: 'cas', key, expect, value, request: requestOf(rest) }, (reply) => {
        const { swapped, current, revision } = expected(reply, 'cas');
        return { swapped, current, revision };
      }),
    'session.open': (params) =>
      write('session.open', params, { type: 'open-session' }, (reply) => ({ session: expected(reply, 'session').session })),
  };
}

/** A lease is its leader's alone; what else may be forwarded may as well be answered here. */
function pathOf({ consistency, forward }: { readonly consistency: string; readonly forward: boolean }): ReadPath {
  if (consistency === 'lease') return 'lease';
  return forward ? 'here' : 'leader';
}

type Answer<M extends KvMethodName> = (reply: Reply, at: EntryId) => ResultOf<M>;

/** The reply of the store to a command of that type, unless the session has forgotten it. */
function expected<Type extends Reply['type']>(reply: Reply, type: Type): Extract<Reply, { readonly type: Type }> {
  if (reply.type === 'session-expired') throw new RpcError('SESSION_EXPIRED');
  if (reply.type !== type) throw new Error(`the store answered ${reply.type} to ${type}`);
  return reply as Extract<Reply, { readonly type: Type }>;
}

function requestOf(params: {
  readonly session?: number | undefined;
  readonly sequence?: number | undefined;
  readonly acknowledged?: number | undefined;
}): RequestId | null {
  const { session, sequence, acknowledged = 0 } = params;
  return session === undefined || sequence === undefined ? null : { session, sequence, acknowledged };
}

function rangeQuery(params: ParamsOf<'kv.range'>): RangeQuery {
  const { start = '', end = null, prefix = null, limit = 0, reverse = false, keysOnly = false, countOnly = false } = params;
  return { start, end, prefix, limit, reverse, keysOnly, countOnly };
}

type WatchMethodName = 'kv.watch' | 'kv.unwatch';

function watchMethods(service: KvService): Pick<Methods, WatchMethodName> {
  const watches = new Watches(service);
  return {
    'kv.watch': (params, connection) => watches.open(connection, params),
    'kv.unwatch': ({ watch }, connection) => ({ ended: watches.close(connection, watch) }),
  };
}

type NodeMethodName = 'node.status' | 'node.log' | 'node.subscribe' | 'rpc.discover';

function nodeMethods(service: KvService): Pick<Methods, NodeMethodName> {
  const subscriptions = new Subscriptions(service);
  return {
    // Arrays become writable in the type alone: they are written out as text and forgotten.
    'node.status': () => service.status() as ResultOf<'node.status'>,
    'node.log': ({ from, limit }) => ({ rows: [...service.logRows(from, limit)] }),
    'node.subscribe': ({ topics }, connection) => {
      subscriptions.replace(connection, topics);
      return { subscribed: topics };
    },
    'rpc.discover': () => openrpcDocument(),
  };
}

type AdminMethodName = 'fault.set' | 'fault.clear' | 'fault.stall' | 'cluster.transferLeadership' | 'cluster.campaign';

function adminMethods(admin: AdminService): Pick<Methods, AdminMethodName> {
  return {
    'fault.set': ({ plan }) => {
      admin.setFaults(plan);
      return { rules: plan.links.length + plan.disks.length + plan.clocks.length };
    },
    'fault.clear': () => {
      admin.clearFaults();
      return {};
    },
    'fault.stall': ({ ms }) => {
      admin.stall(ms);
      return {};
    },
    'cluster.transferLeadership': ({ to }) => {
      admin.transfer(to);
      return {};
    },
    'cluster.campaign': () => {
      admin.campaign();
      return {};
    },
  };
}
