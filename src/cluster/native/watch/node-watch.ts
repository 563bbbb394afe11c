/** Listens to one node for as long as it is there, and again after it was gone. */
import type { NodeId } from '../../../base/brand.ts';
import type { NodeEvent } from '../../../replica/status.ts';
import type { RaftKvClient } from '../../client/client.ts';

const TOPICS = ['raft', 'status', 'fault'] as const;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
const SUBSCRIBE_MS = 2_000;

export interface NodeWatchOptions {
  readonly client: RaftKvClient;
  readonly node: NodeId;
  readonly onEvent: (event: NodeEvent) => void;
  readonly onConnected: (connected: boolean) => void;
}

export class NodeWatch {
  readonly #options: NodeWatchOptions;
  #timer: NodeJS.Timeout | null = null;
  #pauseMs = FIRST_PAUSE_MS;
  #connecting = false;
  #connected = false;
  #lost = false;
  #stopped = false;
  /** A new subscription repeats the past: whatever is not newer was told before. Sequences begin anew with each process. */
  #newest = { time: 0, seq: 0 };

  constructor(options: NodeWatchOptions) {
    this.#options = options;
    void this.#connect();
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** There is reason to believe that the node is there now: try at once. */
  hurry(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #connect(): Promise<void> {
    if (this.#stopped || this.#connecting || this.#connected) return;
    this.#connecting = true;
    this.#lost = false;
    const { client, node } = this.#options;
    try {
      await client.subscribe(
        node,
        TOPICS,
        { onEvent: (event) => this.#received(event), onEnd: () => this.#ended() },
        { deadlineMs: SUBSCRIBE_MS, retry: false },
      );
      this.#connecting = false;
      // It may have closed again before this line was reached.
      if (this.#lost) return this.#later();
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#connected = true;
      this.#options.onConnected(true);
    } catch {
      this.#connecting = false;
      this.#later();
    }
  }

  #received(event: NodeEvent): void {
    if (this.#stopped) return;
    if (event.topic !== 'status') {
      if (event.time <= this.#newest.time && event.seq <= this.#newest.seq) return;
      this.#newest = { time: event.time, seq: event.seq };
    }
    this.#options.onEvent(event);
  }

  #ended(): void {
    this.#lost = true;
    if (this.#stopped) return;
    const wasConnected = this.#connected;
    this.#connected = false;
    if (wasConnected) this.#options.onConnected(false);
    this.#later();
  }

  #later(): void {
    if (this.#stopped || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#connect();
    }, this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }
}
