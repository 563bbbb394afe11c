/** Famous mistakes, planted from outside into the parts of a simulated node. */
import { logIndex, millis, term } from '../../src/base/brand.ts';
import type { Message } from '../../src/raft/messages.ts';
import type { Clock, LogStore, Transport } from '../../src/replica/ports.ts';
import type { SimSetting } from '../../src/sim/run.ts';
import type { Disk, DiskFile } from '../../src/storage/disk.ts';

type Plants = NonNullable<SimSetting['plants']>;

export interface PlantedBug {
  readonly name: string;
  readonly plants: Plants;
  /** The promise that must be seen broken. */
  readonly broken: RegExp;
}

const sent = (change: (message: Message) => Message) => ({
  transport: (transport: Transport): Transport => ({ send: (message) => transport.send(change(message)) }),
});

const withAppend = (store: LogStore, append: LogStore['append']): LogStore => ({
  append,
  syncTimes: () => store.syncTimes(),
  close: (done) => store.close(done),
});

/** The real file, but for its sync. */
function careless(file: DiskFile): DiskFile {
  return {
    path: file.path,
    write: (bytes, position, done) => file.write(bytes, position, done),
    sync: (done) => done(null),
    truncate: (sizeBytes, done) => file.truncate(sizeBytes, done),
    close: (done) => file.close(done),
  };
}

export const PLANTED: readonly PlantedBug[] = [
  {
    name: 'a log that acknowledges before it is on the disk (NATS 2.12)',
    broken: /^what the disk acknowledged is there|^entries are on the disk/,
    plants: {
      logStore: (store: LogStore, clock: Clock) =>
        withAppend(store, (batch, done) => {
          store.append(batch, () => {});
          clock.after(millis(0), () => done(null));
        }),
    },
  },
  {
    name: 'a log that forgets votes (hashicorp/raft#661)',
    broken: /^term and vote are there|^a vote is on the disk/,
    plants: {
      logStore: (store: LogStore) =>
        withAppend(store, (batch, done) => {
          const { hardState } = batch;
          store.append({ ...batch, hardState: hardState && { ...hardState, votedFor: null } }, done);
        }),
    },
  },
  {
    name: 'a disk whose sync does nothing',
    broken: /^\/data\/|^only rot damages|^what the disk acknowledged|^term and vote|^a vote is|^entries are/,
    plants: {
      disk: (disk: Disk): Disk => ({
        now: () => disk.now(),
        makeDir: (path, done) => disk.makeDir(path, done),
        create: (path, done) =>
          disk.create(path, (error, file) => (error === null ? done(null, careless(file)) : done(error, null))),
        open: (path, done) => disk.open(path, (error, file) => (error === null ? done(null, careless(file)) : done(error, null))),
        read: (path, done) => disk.read(path, done),
        list: (path, done) => disk.list(path, done),
        rename: (from, to, done) => disk.rename(from, to, done),
        syncDir: (path, done) => disk.syncDir(path, done),
      }),
    },
  },
  {
    name: 'a follower that acknowledges what did not match',
    broken: /./,
    plants: sent((message) =>
      message.type === 'append-reply' && message.matched === null ? { ...message, matched: message.hint.index } : message,
    ),
  },
  {
    name: 'a leader that tells a commit index without a quorum (atomix/copycat#265)',
    broken: /^(?:a new leader holds|all commit the same|a committed entry)/,
    plants: sent((message) => {
      if (message.type !== 'append-request') return message;
      const last = message.entries.at(-1)?.index;
      return last === undefined ? message : { ...message, commit: last };
    }),
  },
  {
    name: 'a voter that grants every vote',
    broken: /^one vote per term/,
    plants: sent((message) =>
      message.type === 'vote-reply' && !message.preVote && !message.granted && message.refusal === 'already-voted'
        ? { ...message, granted: true, refusal: null }
        : message,
    ),
  },
  {
    name: 'a voter that does not compare logs (openraft#1220)',
    broken: /holds everything committed|all commit the same/,
    plants: sent((message) =>
      message.type === 'vote-request'
        ? { ...message, last: { index: logIndex(1_000_000), term: term(message.term - 1) } }
        : message,
    ),
  },
  {
    name: 'reads that ask nobody (etcd#741)',
    broken: /^a read sees all/,
    plants: { read: (_replica, done) => done() },
  },
  {
    name: 'a store without sessions',
    broken: /^a write takes effect at most once/,
    plants: { request: () => null },
  },
  {
    name: 'a client that numbers every retry anew (TiDB)',
    broken: /^a write takes effect at most once/,
    plants: { request: (request, attempt) => ({ ...request, sequence: request.sequence * 1_000 + attempt, acknowledged: 0 }) },
  },
];
