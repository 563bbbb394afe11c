import type { LogIndex, Millis, NodeId } from '../base/brand.ts';
import type {
  AppendReply,
  AppendRequest,
  EntryId,
  InstallSnapshot,
  InstallSnapshotReply,
  PeerProgress,
  ReadIndexReply,
  ReadIndexRequest,
  Role,
  TimeoutNow,
  VoteReply,
} from './messages.ts';

/** What each role answers to; `state.now` is the time. Defaults do nothing, so a role spells out only its own business. */
export abstract class RoleHandler {
  abstract readonly role: Exclude<Role, 'learner'>;
  abstract readonly deadline: Millis;
  abstract tick(): void;
  /** The message is of the current term, well formed, and from somebody else. */
  onAppendRequest(_request: AppendRequest): void {}
  onAppendReply(_reply: AppendReply): void {}
  onVoteReply(_reply: VoteReply): void {}
  onInstallSnapshot(_piece: InstallSnapshot): void {}
  onInstallSnapshotReply(_reply: InstallSnapshotReply): void {}
  onSnapshotUnreadable(_peer: NodeId, _last: EntryId): void {}
  /** Entries up to `upTo` are about to leave the log: the last that may go now. */
  release(upTo: LogIndex): LogIndex {
    return upTo;
  }
  /** Somebody who answers is far behind, and is being helped. */
  get hasStragglers(): boolean {
    return false;
  }
  onTimeoutNow(_message: TimeoutNow): void {}
  onReadIndexRequest(_request: ReadIndexRequest): void {}
  onReadIndexReply(_reply: ReadIndexReply): void {}
  onPersisted(): void {}
  onPeerClosed(_peer: NodeId): void {}
  /** Called once before every Ready: the moment to send what has gathered. */
  beforeReady(): void {}
  /** Called when the role ends. */
  leave(): void {}
  get votes(): { readonly granted: ReadonlySet<NodeId>; readonly refused: ReadonlySet<NodeId> } | null {
    return null;
  }
  get peers(): readonly PeerProgress[] {
    return [];
  }
  get transferTo(): NodeId | null {
    return null;
  }
}
