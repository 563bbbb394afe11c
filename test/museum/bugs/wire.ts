import type { Bug } from '../bug.ts';

/** JavaScript and JSON at the door, and the client behind it. */
export const WIRE_BUGS: readonly Bug[] = [
  {
    name: 'keys-in-utf16-order',
    title: 'Keys sort by UTF-16 units, which is not the order of their bytes',
    source: '#38: JavaScript',
    edits: [
      {
        file: 'kv/key-order.ts',
        find: 'if (a === b) return 0;\n',
        replace: 'if (a === b) return 0;\n  if (a !== b) return a < b ? -1 : 1;\n',
      },
    ],
    caught: { by: 'test', file: 'kv/key-order.test.ts', name: 'the order of keys' },
  },
  {
    name: 'half-characters-stored',
    title: 'Two different lone surrogates become one key on the disk',
    source: '#38: JavaScript',
    edits: [{ file: 'kv/key-order.ts', find: 'if (!text.isWellFormed()) return', replace: 'if (text.length < 0) return' }],
    caught: { by: 'test', file: 'kv/key-order.test.ts', name: 'what may be stored > refuses half characters' },
  },
  {
    name: 'unsafe-integers-read',
    title: 'Integers above 2^53 are taken from the wire, already rounded',
    source: '#39: JavaScript',
    edits: [
      {
        file: 'wire/raft-codec.ts',
        find: 'if (!Number.isSafeInteger(value) || (value as number) < 0)',
        replace: "if (typeof value !== 'number' || Number.isNaN(value) || (value as number) < 0)",
      },
    ],
    caught: { by: 'test', file: 'wire/raft-codec.test.ts', name: 'a message between peers > never passes with a member spoilt' },
  },
  {
    name: 'null-is-an-object',
    title: 'The batch [null] ends the process',
    source: '#39: typeof null; RFC 8259 texts that are no calls',
    edits: [
      {
        file: 'wire/guard.ts',
        find: "return typeof value === 'object' && value !== null && !Array.isArray(value);",
        replace: "return typeof value === 'object' && !Array.isArray(value);",
      },
    ],
    caught: { by: 'test', file: 'wire/guard.test.ts', name: 'a frame > never makes the guard throw' },
  },
  {
    name: 'unknown-members-merged',
    title: 'A call is copied member by member, `__proto__` among them',
    source: '#40: JavaScript, prototype pollution',
    edits: [
      { file: 'wire/guard.ts', find: "return 'a call has only jsonrpc, method, id and params';", replace: 'break;' },
      {
        file: 'wire/guard.ts',
        find: 'calls.push(item as Call);',
        replace:
          'const copy = {};\n    for (const [name, value] of Object.entries(item as object)) (copy as Record<string, unknown>)[name] = value;\n    calls.push(copy as Call);',
      },
    ],
    caught: { by: 'test', file: 'net/hostile-frames.test.ts', name: 'a frame is refused with an answer > an own __proto__' },
  },
  {
    name: 'gap-in-an-append',
    title: 'An append whose entries do not follow each other is believed',
    source: '#34: logcabin#160',
    edits: [
      {
        file: 'raft/plausible.ts',
        find: 'if (entry.index !== last.index + 1 || entry.term < last.term) return false;',
        replace: '',
      },
    ],
    caught: { by: 'test', file: 'raft/hostile.test.ts', name: 'whatever a peer sends > an append with a gap' },
  },
  {
    name: 'retry-under-a-new-name',
    title: 'The client numbers every retry of a write anew',
    source: '#13: TiDB, Jepsen 2019',
    edits: [
      {
        file: 'cluster/client/caller.ts',
        find: 'const params = call.bare ? call.params : { ...call.params, forward: call.forward ?? false, deadlineMs: remainingMs };',
        replace:
          "const params = call.bare ? call.params : { ...call.params, forward: call.forward ?? false, deadlineMs: remainingMs };\n    if ('sequence' in params && typeof params.sequence === 'number') params.sequence += Math.floor(performance.now() * 1_000);",
      },
    ],
    caught: { by: 'test', file: 'cluster/client.test.ts', name: 'when nodes are gone > repeats a write under its old name' },
  },
  {
    name: 'last-error-is-the-outcome',
    title: 'The client calls a write refused when the last attempt was, though an earlier one may have been applied',
    source: '#44: Jepsen, indeterminate outcomes',
    edits: [
      {
        file: 'cluster/client/caller.ts',
        find: 'if (this.#call.changes && this.#maybeApplied) {',
        replace: 'if (this.#call.changes && this.#maybeApplied && this.#last === null) {',
      },
    ],
    caught: {
      by: 'test',
      file: 'cluster/client.test.ts',
      name: 'the outcome of a write > is unknown when any attempt may have been applied',
    },
  },
];
