/** Every bound on one page. Sizes end in Bytes, times in Ms, counts in nothing. */
export const LIMITS = {
  /** Cluster size; a local cluster is this machine's own processes. */
  maxNodes: 9,

  // Data
  keyBytes: 1_024,
  valueBytes: 1_048_576,
  rangeRows: 1_000,
  rangeBytes: 1_048_576,
  sessions: 10_000,
  /** Replies kept per session, so a client may have this many sequences open at once. */
  sessionReplies: 512,
  /** UTF-16 units of values that all remembered replies may hold; only the answers of cas hold any. */
  sessionReplyUnits: 4 * 1_024 * 1_024,
  /** Versions kept for readers that stand at older revisions; beyond, the oldest such reader is given up. */
  pinnedVersions: 200_000,
  /** Revisions that can be gone back, as long as what they wrote and replaced comes to no more than so many UTF-16 units. */
  historyChanges: 50_000,
  historyUnits: 16 * 1_024 * 1_024,
  /** So many of the newest changes, or twice as many, are kept as they came; older ones are packed, see kv/packed-changes.ts. */
  looseChanges: 128,
  /** Versions of one key in one answer. */
  historyRows: 1_000,
  /** Watches of keys; a watch holds no data. */
  watches: 4_096,
  watchesPerConnection: 64,
  /** Events in one notification. */
  watchEvents: 256,
  /** Events that wait in a client for whoever iterates; beyond, it stops listening until they are taken. */
  watchBacklog: 4_096,
  watchBacklogUnits: 8 * 1_024 * 1_024,

  // Raft
  heartbeatMs: 50,
  /** Silence after which a follower campaigns is drawn from [electionMs, 2 x electionMs) (Raft §5.2). */
  electionMs: 500,
  /** A lease lasts this part of the election timeout: safe while no voter's clock runs twice as fast as the leader's. */
  leaseShare: 0.5,
  /** A closed connection to the leader is proof enough to campaign after at most this long, with pre-vote. */
  leaderGoneMaxMs: 60,
  /**
   * A newer commit index waits this long for entries to travel with: long enough for the next batch of a busy leader, short
   * enough that a follower's state is never visibly old. 0 tells it at once.
   */
  commitWordMs: 5,
  /** The few that a leader asks to confirm a read are waited for so long; then it asks everybody. */
  readPatienceMs: 10,
  appendBytes: 512 * 1_024,
  appendEntries: 1_024,
  /** Appends in flight to one follower before the leader waits for an acknowledgement. */
  inflightAppends: 64,
  inflightBytes: 4 * 1_024 * 1_024,
  /** The same for a follower that is further behind than entries wait for commitment: it has much to do, and others do not wait for it. */
  catchUpBytes: 64 * 1_024,
  inflightCatchUpBytes: 512 * 1_024,
  /** It begins with so much, and is sent no more at once than it has acknowledged: a node that has just started is slow at first. */
  firstCatchUpBytes: 8 * 1_024,
  /** Proposals waiting for commitment before the leader answers OVERLOADED. */
  uncommittedEntries: 4_096,
  uncommittedBytes: 8 * 1_024 * 1_024,
  /** Of the committed entries in memory, the newest are kept as they came; older ones are packed, see raft/packed-entries.ts. */
  looseEntries: 256,

  // Node
  proposalQueue: 4_096,
  readQueue: 8_192,
  requestDeadlineMs: 5_000,
  maxRequestDeadlineMs: 60_000,
  eventRing: 4_096,
  logTailEntries: 64,
  /** Messages that injected faults hold back at one node; the entries inside are shared with its log. */
  heldMessages: 4_096,

  // Wire
  frameBytes: 1_572_864,
  /** A peer's append holds text whose JSON form may take up to six bytes for one of the store. */
  peerFrameBytes: 4_194_304,
  /** An answer to a client: a full range page in its JSON form. */
  replyFrameBytes: 8_388_608,
  replyFrameTokens: 65_536,
  replyFrameDepth: 64,
  frameDepth: 16,
  frameTokens: 10_000,
  batchCalls: 32,
  /** Frames that break the protocol before the connection is closed. */
  badFrames: 16,
  requestIdLength: 64,
  methodLength: 64,
  /** Requests of ours that wait for an answer on one connection. */
  pendingRequests: 4_096,
  inflightPerConnection: 512,
  inflightPerConnectionBytes: 8 * 1_024 * 1_024,
  /** Calls of clients in flight at one node: what it answers within `intakeTargetMs`, within these bounds, see net/intake.ts. */
  inflightCallsLeast: 256,
  inflightCallsMost: 2_048,
  intakeTargetMs: 100,
  /** So many a connection may have whatever the others have. */
  reservedCalls: 16,
  /** Frames of clients begun in one turn of the event loop; fewer when turns take longer than this. */
  turnFrames: 256,
  turnMs: 10,
  /** A call that waits longer is refused with OVERLOADED, as far as these parts of the time allow: more for what has waited longer. */
  intakePatienceMs: 100,
  refusalShareLeast: 0.1,
  refusalShareMost: 0.5,
  connections: 512,
  unauthenticatedSockets: 64,
  headerBytes: 8_192,
  handshakeMs: 3_000,
  pingMs: 5_000,
  sendBufferBytes: 8 * 1_024 * 1_024,
  peerSendBufferBytes: 16 * 1_024 * 1_024,
  wsFragments: 64,
  wsBufferedChunks: 4_096,

  // Injected faults
  /** One block of an event loop; beyond, it is a pause. */
  stallLeastMs: 50,
  stallMostMs: 2_000,
  clockRateLeast: 0.5,
  clockRateMost: 2,

  // Recordings
  /** What a console remembers of what it saw; the oldest goes first. */
  recordingBytes: 32 * 1_024 * 1_024,
  recordingFileBytes: 256 * 1_024 * 1_024,
  recordingLineBytes: 16 * 1_024 * 1_024,

  // Snapshots
  /** A snapshot is taken once the log since the last one has so many entries or bytes of data ... */
  snapshotEntries: 100_000,
  snapshotLogBytes: 64 * 1_024 * 1_024,
  /** ... and at least this share of the last one's size, so that a large store is not written again and again (dissertation §5.1.3). */
  snapshotShare: 0.25,
  /** Behind a snapshot the log keeps so much for followers that are only a little late. */
  logTailKept: 10_000,
  logTailKeptBytes: 16 * 1_024 * 1_024,
  /** Beyond that, so much is kept for a follower that answers and has not got it yet. */
  heldEntries: 400_000,
  heldBytes: 256 * 1_024 * 1_024,
  /** The newest one, and the one before it with the log since. */
  snapshotsKept: 2,
  /** Encoded in one turn, and written with one call. */
  snapshotChunkBytes: 64 * 1_024,
  /** A chunk may end with one record of any size: a value, or an answer that holds one as JSON text. */
  snapshotFrameBytes: 8 * 1_024 * 1_024,
  /** A peer that announces a larger one is not believed. */
  snapshotBytes: 64 * 1_024 * 1_024 * 1_024,
  /** One message's part of a snapshot, and how many may be on their way: what a heartbeat may find ahead of it. */
  snapshotPieceBytes: 64 * 1_024,
  inflightPieces: 4,

  // Disk
  segmentBytes: 16 * 1_024 * 1_024,
  recordBytes: 1_572_864,
} as const;
