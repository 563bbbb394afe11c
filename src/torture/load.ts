/** The load of one epoch: clients in closed loops at a given pace, on keys that no other epoch uses. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../base/random.ts';
import type { Recorder } from '../check/recorder.ts';
import type { KvClient, Written } from '../cluster/driver.ts';
import type { Meter } from './meter.ts';
import { RecordedKv } from './recorded-kv.ts';

/** Ranges read a group as a whole, so that the search for an order stays small. */
const GROUPS = ['a', 'b', 'c'];
const KEYS_OF_A_GROUP = 4;
const LONE_KEYS = 4;
/** Most clients wait through an election; every fourth gives up soon, so that outcomes stay unknown. */
const PATIENT_MS = 2_000;
const IMPATIENT_MS = 80;
/** A client that is refused at once must not spin. */
const REFUSED_PAUSE_MS = 20;

export interface LoadParts {
  readonly clients: readonly KvClient[];
  readonly recorder: Recorder;
  readonly meter: Meter;
  readonly random: Random;
  /** What all clients together try to do in a second. */
  readonly perSecond: number;
  readonly epoch: number;
  /** Hears of each put that was acknowledged. */
  readonly onWritten: (written: Written) => void;
}

const PREFIX = 'torture';

/** All keys of an epoch, in the order of their bytes. */
export function keysOf(epoch: number): readonly string[] {
  const group = (name: string): string[] =>
    Array.from({ length: KEYS_OF_A_GROUP }, (_, at) => `${groupPrefix(epoch, name)}${at}`);
  const lone = Array.from({ length: LONE_KEYS }, (_, at) => `${PREFIX}/${epoch}/lone${at}`);
  return [...GROUPS.flatMap(group), ...lone];
}

function groupPrefix(epoch: number, name: string): string {
  return `${PREFIX}/${epoch}/${name}/`;
}

export class Load {
  readonly #parts: LoadParts;
  readonly #keys: readonly string[];
  readonly #workers: Promise<void>[];
  #stopped = false;
  #values = 0;

  /** Begins at once. */
  constructor(parts: LoadParts) {
    this.#parts = parts;
    this.#keys = keysOf(parts.epoch);
    this.#workers = parts.clients.map((client, at) => this.#work(client, at));
  }

  /** Resolves when every call has come to its end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
  }

  async #work(client: KvClient, at: number): Promise<void> {
    const { meter, recorder, clients, perSecond, random, onWritten } = this.#parts;
    const mine = random.fork(`client ${at}`);
    const spacingMs = (1_000 * clients.length) / perSecond;
    const kv = new RecordedKv(client, recorder, `c${at}`, at % 4 === 3 ? IMPATIENT_MS : PATIENT_MS, {
      onOutcome: (outcome) => {
        if (outcome === 'ok') meter.ack(performance.now());
        else meter[outcome] += 1;
      },
      onWritten,
    });
    const seen = new Map<string, string | null>();
    let due = performance.now() + mine.next() * spacingMs;
    while (!this.#stopped) {
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait);
      if (this.#stopped) return;
      const answered = await this.#operation(kv, mine, seen);
      // What was missed is not made up for: a burst after each fault would be another load.
      due = Math.max(due + spacingMs, performance.now() + (answered ? 0 : REFUSED_PAUSE_MS));
    }
  }

  async #operation(kv: RecordedKv, random: Random, seen: Map<string, string | null>): Promise<boolean> {
    const key = this.#keys[random.integer(0, this.#keys.length)] ?? '';
    const choice = random.next();
    if (choice < 0.3) {
      const value = this.#freshValue(random);
      seen.set(key, value);
      return (await kv.put(key, value)) !== null;
    }
    if (choice < 0.65) {
      const answer = await kv.get(key);
      if (answer !== null) seen.set(key, answer.value ?? null);
      return answer !== null;
    }
    if (choice < 0.82) {
      const answer = await kv.cas(key, seen.get(key) ?? null, this.#freshValue(random));
      if (answer?.current !== undefined) seen.set(key, answer.current);
      return answer !== null;
    }
    if (choice < 0.9) {
      seen.set(key, null);
      return (await kv.delete(key)) !== null;
    }
    const prefix = groupPrefix(this.#parts.epoch, GROUPS[random.integer(0, GROUPS.length)] ?? '');
    const limit = random.next() < 0.3 ? 2 : 0;
    return (await kv.range({ prefix, limit, reverse: random.next() < 0.3 })) !== null;
  }

  /** Never the same twice in a run; of many lengths, so that records end anywhere in a sector. */
  #freshValue(random: Random): string {
    this.#values += 1;
    return `${this.#parts.epoch}.${this.#values}`.padEnd(random.integer(4, 200), '.');
  }
}
