import type { Bug } from '../bug.ts';

/** The log on the disk and what is read back from it. */
export const STORAGE_BUGS: readonly Bug[] = [
  {
    name: 'never-synced',
    title: 'What is written is never synced',
    source: 'the seed project: Persister.cpp',
    edits: [
      {
        file: 'storage/segment-writer.ts',
        find: 'file.writeDurably(bytes, this.#end, written)',
        replace: 'file.write(bytes, this.#end, written)',
      },
      { file: 'storage/log-store.ts', find: 'file.sync(synced)', replace: 'synced(null)' },
    ],
    caught: {
      by: 'simulation',
      breaks: /^what the disk acknowledged|^term and vote|^a vote is|^entries are|^only rot damages|^\/data/,
      seed: 1,
    },
  },
  {
    name: 'log-acks-early',
    title: 'The log calls back when the bytes are written, before the sync',
    source: 'Jepsen NATS 2.12.1',
    edits: [
      {
        file: 'storage/segment-writer.ts',
        find: 'file.writeDurably(bytes, this.#end, written)',
        replace: 'file.write(bytes, this.#end, (error) => (written(error), file.sync(() => {})))',
      },
    ],
    caught: { by: 'simulation', breaks: /^what the disk acknowledged|^entries are|^\/data/, seed: 2 },
  },
  {
    name: 'sync-retried',
    title: 'A failed sync is simply tried again',
    source: '#42: fsyncgate; Rebello et al., ATC 2020',
    edits: [
      {
        file: 'storage/disk.ts',
        find: 'if (error === null) file.sync(done);',
        replace: 'if (error === null) file.sync((failed) => (failed === null ? done(null) : file.sync(done)));',
      },
    ],
    caught: {
      by: 'simulation',
      breaks: /^what the disk acknowledged|^term and vote|^a vote is|^entries are|^only rot damages|^\/data/,
      seed: 1,
    },
  },
  {
    name: 'rot-taken-for-torn',
    title: 'Any bad record at the end of the log is cut off as an unfinished write',
    source: 'LogCabin; PAR (FAST 2018); Jepsen NATS 2.12.1',
    edits: [
      {
        file: 'storage/scan.ts',
        find: 'if (!isLast || batch <= durable)\n      return this.#failure',
        replace: 'if (isLast) return this.#cut(endOfData(bytes));\n    if (batch <= durable)\n      return this.#failure',
      },
    ],
    caught: { by: 'simulation', breaks: /^what the disk acknowledged|^entries are/, seed: 4 },
  },
  {
    name: 'vote-in-one-copy',
    title: 'The two copies of the vote are written in turn, so that one rotten sector revives the vote before',
    source: 'LogCabin: metadata1 and metadata2',
    edits: [
      {
        file: 'storage/hard-state.ts',
        find: 'inSequence(this.#files.map(copy), done);',
        replace: 'inSequence(this.#files.filter((_, i) => i === this.#sequence % 2).map(copy), done);',
      },
    ],
    caught: { by: 'simulation', breaks: /^term and vote are there|^a vote is on the disk|^\/data/, seed: 3 },
  },
  {
    name: 'directory-not-synced',
    title: "A new segment's name is not made durable",
    source: 'ALICE (OSDI 2014)',
    edits: [{ file: 'storage/segment-writer.ts', find: ', (next: Done) => disk.syncDir(walDir, next)];', replace: '];' }],
    caught: { by: 'simulation', breaks: /^\/data|^what the disk acknowledged|^only rot damages/, seed: 3 },
  },
  {
    name: 'two-processes-one-directory',
    title: 'Two processes run on one data directory',
    source: '#43: rule; found again and again with lock files',
    edits: [
      {
        file: 'storage/lock.ts',
        find: "'code' in error && error.code === 'EADDRINUSE' ? resolve(null) : reject(error)",
        replace: "'code' in error && error.code === 'EADDRINUSE' ? resolve({ release: async () => {} }) : reject(error)",
      },
    ],
    caught: { by: 'test', file: 'storage/lock.test.ts', name: 'the lock of a directory > is held by one' },
  },
];
