/** What a console saw, as lines of changes: bounded in bytes, and any moment of it can be looked at again. */
import { LIMITS } from '../../base/limits.ts';
import type { ChecksPicture, ClusterEvent, ClusterPicture } from '../driver.ts';
import { type Frame, FrameWriter } from './frame.ts';
import { applyFrame, readFrame } from './read-frame.ts';
import { ChecksWriter, checksOf } from './recorded-checks.ts';

/** So many frames at most are read to show a moment. */
const KEY_EVERY = 64;

interface Kept {
  readonly time: number;
  readonly line: string;
  readonly key: boolean;
  /** It tells what was checked. */
  readonly checks: boolean;
  readonly events: readonly ClusterEvent[];
}

/** An event, and the frame with whose picture it came. Frames are numbered from the first one ever recorded. */
export interface RecordedEvent {
  readonly event: ClusterEvent;
  readonly frame: number;
}

export class Recording {
  readonly #limitBytes: number;
  readonly #writer = new FrameWriter();
  readonly #checks = new ChecksWriter();
  #kept: Kept[] = [];
  /** Number of the oldest frame that is kept. */
  #first = 0;
  #bytes = 0;
  #sinceKey = KEY_EVERY;
  #events: readonly RecordedEvent[] | null = null;
  #decoded: { readonly frame: number; readonly picture: ClusterPicture } | null = null;

  constructor(limitBytes: number = LIMITS.recordingBytes) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Wall-clock time of the oldest and of the newest frame; null while there is none. */
  get span(): { readonly from: number; readonly to: number } | null {
    const first = this.#kept[0];
    const last = this.#kept.at(-1);
    return first === undefined || last === undefined ? null : { from: first.time, to: last.time };
  }

  /** Adds what changed since the last call and what happened; forgets the oldest where the bytes run out. */
  append(
    picture: ClusterPicture,
    events: readonly ClusterEvent[],
    now: number,
    wall: number,
    checked: ChecksPicture | null = null,
  ): void {
    const key = this.#sinceKey >= KEY_EVERY;
    const changes = this.#writer.write(picture, events, now, wall, key);
    const checks = this.#checks.write(checked, wall, { key, rides: changes !== null });
    if (changes === null && checks === null) return;
    this.#sinceKey = key ? 1 : this.#sinceKey + 1;
    const frame: Frame = { time: wall, ...changes, ...(checks === null ? {} : { checks }) };
    this.#keep({ time: wall, line: JSON.stringify(frame), key, events, checks: checks !== null });
  }

  /** Adds a line of a file and returns its picture. Throws for one that is no frame, or that does not follow from those before. */
  read(line: string): ClusterPicture {
    const frame = readFrame(line);
    const last = this.#kept.at(-1);
    if (last === undefined && frame.key !== true) throw new SyntaxError('a recording begins with a key frame');
    const before = frame.key === true || last === undefined ? null : this.pictureAt(this.#first + this.#kept.length - 1);
    const picture = applyFrame(before, frame);
    const { time, key = false, events = [], checks } = frame;
    this.#keep({ time, line, key, events, checks: checks !== undefined });
    this.#decoded = { frame: this.#first + this.#kept.length - 1, picture };
    return picture;
  }

  #keep(kept: Kept): void {
    this.#kept.push(kept);
    this.#bytes += kept.line.length;
    if (kept.events.length > 0) this.#events = null;
    while (this.#bytes > this.#limitBytes && this.#kept.some(({ key }, i) => key && i > 0)) this.#forget();
  }

  /** Up to the next key frame: what follows from forgotten lines cannot be read. */
  #forget(): void {
    const next = this.#kept.findIndex(({ key }, i) => key && i > 0);
    for (const { line } of this.#kept.slice(0, next)) this.#bytes -= line.length;
    this.#kept = this.#kept.slice(next);
    this.#first += next;
    this.#events = null;
  }

  /** In the order of time. Those told as the past when the recording began are among them, with its first frame. */
  events(): readonly RecordedEvent[] {
    this.#events ??= this.#kept
      .flatMap(({ events }, i) => events.map((event) => ({ event, frame: this.#first + i })))
      .sort((a, b) => a.event.time - b.event.time || a.frame - b.frame);
    return this.#events;
  }

  /** The newest frame not after `time`, else the oldest one. */
  frameAt(time: number): number {
    const found = this.#kept.findLastIndex((kept) => kept.time <= time);
    return this.#first + Math.max(0, found);
  }

  /** The picture at a frame, its times in milliseconds since 1970; that of the oldest frame for one that is forgotten. */
  pictureAt(frame: number): ClusterPicture {
    const at = Math.min(this.#kept.length - 1, Math.max(0, frame - this.#first));
    const key = this.#kept.findLastIndex((kept, i) => kept.key && i <= at);
    const known = this.#decoded !== null ? this.#decoded.frame - this.#first : -1;
    const reuse = this.#decoded !== null && known >= key && known <= at;
    let picture = reuse ? (this.#decoded?.picture ?? null) : null;
    for (const { line } of this.#kept.slice(reuse ? known + 1 : key, at + 1)) picture = applyFrame(picture, readFrame(line));
    if (picture === null) throw new RangeError('the recording is empty');
    this.#decoded = { frame: this.#first + at, picture };
    return picture;
  }

  /** What was checked by then; null when that was not recorded. */
  checksAt(frame: number): ChecksPicture | null {
    const at = Math.min(this.#kept.length - 1, Math.max(0, frame - this.#first));
    const key = this.#kept.findLastIndex((kept, i) => kept.key && i <= at);
    const told = this.#kept.findLast((kept, i) => kept.checks && i <= at && i >= key);
    const checks = told === undefined ? undefined : readFrame(told.line).checks;
    return checks === undefined ? null : checksOf(checks);
  }

  lines(): readonly string[] {
    return this.#kept.map(({ line }) => line);
  }
}
