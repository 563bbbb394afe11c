/** Mistakes with snapshots: what they hold, when they count, and what becomes of the log (docs/decisions/0006-snapshots.md). */
import type { Bug } from '../bug.ts';

const OTHER_STATE = /^the same applied index is the same state|^what was ever committed|^a write takes effect at most once/;
const OTHER_LOG =
  /^all commit the same|^the same index and term|^a (?:new leader|leader of a later term) holds|^the leader agrees/;

export const SNAPSHOT_BUGS: readonly Bug[] = [
  {
    name: 'snapshot-goes-back',
    title: 'A snapshot that is older than the state is installed',
    source: 'etcd#18055; openraft 0.7.3',
    edits: [
      {
        file: 'raft/core.ts',
        find: '!(this.#role instanceof FollowerRole) || last.index <= state.commitIndex',
        replace: '!(this.#role instanceof FollowerRole)',
      },
      {
        file: 'raft/core.ts',
        find: 'if (state.log.holds(last)) {',
        replace: 'if (last.index > state.commitIndex && state.log.holds(last)) {',
      },
    ],
    caught: { by: 'simulation', breaks: /^a snapshot never takes the state back|^only what|back in time/, seed: 14 },
  },
  {
    name: 'snapshot-keeps-tail',
    title: 'After an install the log keeps entries that do not belong to the snapshot',
    source: 'openraft#559',
    edits: [
      {
        file: 'raft/core.ts',
        find: 'if (state.log.holds(last)) {',
        replace: 'if (state.log.lastIndex >= last.index) {',
      },
    ],
    caught: { by: 'simulation', breaks: OTHER_LOG, seed: 1 },
  },
  {
    name: 'snapshot-boot-keeps-tail',
    title: 'A start keeps the log behind a snapshot without comparing its term',
    source: 'openraft#753',
    edits: [
      {
        file: 'storage/recovery.ts',
        find: 'entries.packed.termAt(place) === last.term;',
        replace: 'entries.packed.termAt(place) > 0;',
      },
    ],
    caught: {
      by: 'test',
      file: 'storage/snapshot-start.test.ts',
      name: 'a start with a snapshot > begins the log anew when another',
    },
  },
  {
    name: 'snapshot-gap',
    title: 'A log that begins beyond the snapshot is used',
    source: 'redisraft#43',
    edits: [
      {
        file: 'storage/recovery.ts',
        find: 'if (scanned instanceof StorageError || scanned.offset.index <= reaches) return scanned;',
        replace: 'if (scanned instanceof StorageError || reaches >= 0) return scanned;',
      },
    ],
    caught: { by: 'simulation', breaks: /^the log goes on where the snapshot ends|^a log has no gaps|^what/, seed: 41 },
  },
  {
    name: 'snapshot-unsynced',
    title: 'A snapshot has its name before it is on the disk',
    source: 'redisraft#654',
    edits: [
      {
        file: 'storage/snapshot-file.ts',
        find: 'this.#end, next), (next: Done) => this.#file.sync(next)];',
        replace: 'this.#end, next)];',
      },
    ],
    caught: { by: 'test', file: 'storage/snapshot-store.test.ts', name: 'a snapshot on the disk > is there whole or not at all' },
  },
  {
    name: 'snapshot-without-sessions',
    title: 'A snapshot does not hold the sessions, and the hash is not compared',
    source: 'dissertation §6.3',
    edits: [
      {
        file: 'kv/snapshot.ts',
        find: '    while (this.#writer.size < this.#chunkBytes && !this.#sessionsDone) this.#takeSession();\n',
        replace: '',
      },
      {
        file: 'kv/snapshot.ts',
        find: 'machine.size !== keys || machine.sessionCount !== sessions',
        replace: 'machine.size !== keys',
      },
      { file: 'kv/snapshot.ts', find: 'machine.hash() !== hash', replace: 'hash < 0' },
    ],
    caught: { by: 'simulation', breaks: OTHER_STATE, seed: 1 },
  },
  {
    name: 'snapshot-torn-cut',
    title: 'A snapshot reads the newest state, not the state at its revision',
    source: 'dissertation §5.1.3',
    edits: [
      {
        file: 'kv/versions.ts',
        find: 'if (slot !== null && this.#values.modRevision(slot) <= pin.revision) return',
        replace: 'if (slot !== null) return',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^only rot damages a snapshot|another than the one that was announced|^the same applied/,
      seed: 3,
    },
  },
  {
    name: 'snapshot-configuration-stays',
    title: 'After an install the old configuration is still in force',
    source: 'openraft#1808',
    edits: [{ file: 'raft/state.ts', find: '    this.membership.restore(configuration, last.index);\n', replace: '' }],
    caught: {
      by: 'test',
      file: 'raft/snapshots.test.ts',
      name: 'a log that begins after a snapshot > an installed snapshot brings its configuration',
    },
  },
  {
    name: 'compacted-entries-return',
    title: 'Entries that have left the log are taken for new ones',
    source: 'willemt/raft#118',
    edits: [
      { file: 'raft/follower.ts', find: 'const request = this.#beyondOffset(received);', replace: 'const request = received;' },
      { file: 'raft/log.ts', find: '(entry) => !this.agreesWith(entry)', replace: '(entry) => !this.holds(entry)' },
    ],
    caught: { by: 'simulation', breaks: /^the leader agrees with what is committed/, seed: 1 },
  },
  {
    name: 'log-removed-too-early',
    title: 'The log behind the newest snapshot goes at once, so that the older one is worth nothing',
    source: 'the rule of two snapshots (decisions/0006)',
    edits: [
      {
        file: 'storage/snapshot-store.ts',
        find: "kept.length < LIMITS.snapshotsKept ? 0 : Number((kept[0] ?? '')",
        replace: "Number((kept.at(-1) ?? '')",
      },
    ],
    caught: { by: 'test', file: 'storage/snapshot-store.test.ts', name: 'a snapshot on the disk > gives way to newer ones' },
  },
  {
    name: 'snapshot-index-apart',
    title: 'A snapshot is named after what is committed, and holds the state of what is applied',
    source: '#11: etcd#13766, the postmortem of v3.5',
    edits: [
      {
        file: 'replica/snapshotter.ts',
        find: 'const head = log.snapshotHead(appliedIndex);',
        replace: 'const head = log.snapshotHead(log.commitIndex);',
      },
    ],
    caught: { by: 'simulation', breaks: OTHER_STATE, seed: 3 },
  },
  {
    name: 'snapshot-key-as-value',
    title: 'A restored key has its own name for a value',
    source: 'the seed project: skipList.h:299',
    edits: [
      {
        file: 'kv/snapshot.ts',
        find: 'versions.restore(key, record, chunk);',
        replace: 'versions.restore(key, { ...record, valueAt: record.valueAt - key.length, valueBytes: key.length }, chunk);',
      },
    ],
    caught: { by: 'simulation', breaks: /another than the one that was announced/, seed: 1 },
  },
  {
    name: 'snapshot-unchecked',
    title: 'Nobody compares the checksums in a snapshot',
    source: '#31: redisraft#654',
    edits: [
      {
        file: 'storage/snapshot-format.ts',
        find: "if (chain !== bytes.readUInt32LE(4)) this.#fail('a frame is damaged');",
        replace: '',
      },
      {
        file: 'storage/snapshot-format.ts',
        find: "if (hash !== this.#hash.digest('hex')) this.#fail('the hash of the snapshot is wrong');",
        replace: '',
      },
      { file: 'kv/snapshot.ts', find: 'machine.hash() !== hash', replace: 'hash < 0' },
    ],
    caught: {
      by: 'test',
      file: 'storage/snapshot-store.test.ts',
      name: 'a snapshot on the disk > is refused when any byte is another',
    },
  },
  {
    name: 'snapshot-name-not-durable',
    title: 'The log goes when the name of the snapshot that stands for it is not durable',
    source: 'ALICE (OSDI 2014)',
    edits: [
      {
        file: 'storage/snapshot-store.ts',
        find: '(next: Done) => this.#disk.syncDir(this.#dir, next),\n    ];',
        replace: '];',
      },
      {
        file: 'storage/snapshot-store.ts',
        find: 'inSequence([...steps, (next) => this.#disk.syncDir(this.#dir, next)], (error) => {',
        replace: 'inSequence(steps, (error) => {',
      },
    ],
    caught: { by: 'simulation', breaks: /^what the disk acknowledged|^only rot damages|^term and vote|^\/data/, seed: 12 },
  },
  {
    name: 'interrupted-snapshot-waits',
    title: 'A follower that lost the first pieces of a snapshot is sent the rest for ever',
    source: '#32: logcabin#174',
    edits: [
      {
        file: 'raft/progress.ts',
        find: 'next < sending.acknowledged && next === 0',
        replace: 'next < sending.acknowledged && next < 0',
      },
    ],
    caught: {
      by: 'test',
      file: 'raft/snapshots.test.ts',
      name: 'a leader whose log begins after a snapshot > begins anew for a follower',
    },
  },
  {
    name: 'log-taken-from-a-straggler',
    title: 'A leader that takes a snapshot forgets what a follower has not got yet, which then needs another snapshot, and so on',
    source: 'seen in the code when a follower with an empty disk came back to a million keys',
    edits: [
      {
        file: 'raft/leader.ts',
        find: 'const has = progress.snapshot?.last.index ?? progress.matchIndex;',
        replace: 'const has = progress.snapshot?.last.index ?? upTo;',
      },
    ],
    caught: {
      by: 'test',
      file: 'raft/snapshots.test.ts',
      name: 'a leader whose log begins after a snapshot > keeps what a follower has not got yet that answers, so that it needs no snapshot',
    },
  },
];
