/** What has come up since the last Ready and is on its way out of the core. */
import type { LogIndex } from '../base/brand.ts';
import type { EntryId, InstallSnapshot, Message, PieceToSend, RaftEvent, ReadTicket } from './messages.ts';

interface Contents {
  readonly messages: Message[];
  readonly messagesAfterPersist: Message[];
  readonly piecesToSend: PieceToSend[];
  readonly piecesReceived: InstallSnapshot[];
  readonly grantedReads: { readonly ticket: ReadTicket; readonly index: LogIndex }[];
  readonly failedReads: ReadTicket[];
  readonly truncated: EntryId[];
  readonly events: RaftEvent[];
}

const nothing = (): Contents => ({
  messages: [],
  messagesAfterPersist: [],
  piecesToSend: [],
  piecesReceived: [],
  grantedReads: [],
  failedReads: [],
  truncated: [],
  events: [],
});

export class Outbox {
  #contents = nothing();

  /** May leave before anything is durable: it promises nothing. */
  send(message: Message): void {
    this.#contents.messages.push(message);
  }

  /** A promise: leaves once all that the core has decided so far is durable. */
  promise(message: Message): void {
    this.#contents.messagesAfterPersist.push(message);
  }

  sendPiece(piece: PieceToSend): void {
    this.#contents.piecesToSend.push(piece);
  }

  store(piece: InstallSnapshot): void {
    this.#contents.piecesReceived.push(piece);
  }

  grant(tickets: readonly ReadTicket[], index: LogIndex): void {
    for (const ticket of tickets) this.#contents.grantedReads.push({ ticket, index });
  }

  fail(tickets: readonly ReadTicket[]): void {
    this.#contents.failedReads.push(...tickets);
  }

  neverHappened(id: EntryId): void {
    this.#contents.truncated.push(id);
  }

  tell(event: RaftEvent): void {
    this.#contents.events.push(event);
  }

  get isEmpty(): boolean {
    const { messages, messagesAfterPersist, piecesToSend, piecesReceived } = this.#contents;
    const { grantedReads, failedReads, truncated, events } = this.#contents;
    const travelling = messages.length + messagesAfterPersist.length + piecesToSend.length + piecesReceived.length;
    return travelling + grantedReads.length + failedReads.length + truncated.length + events.length === 0;
  }

  take(): Contents {
    const contents = this.#contents;
    this.#contents = nothing();
    return contents;
  }
}
