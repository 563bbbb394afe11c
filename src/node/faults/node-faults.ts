/** All that a node does to itself while faults are injected: to its links, its disk, its clocks and its event loop. */
import { millis, type NodeId } from '../../base/brand.ts';
import type { Random } from '../../base/random.ts';
import { LinkFilter } from '../../fault/link-filter.ts';
import { type FaultPlan, NO_FAULTS } from '../../fault/plan.ts';
import type { Cancel, Clock } from '../../replica/ports.ts';
import type { Disk } from '../../storage/disk.ts';
import { FaultyClock } from './faulty-clock.ts';
import { FaultyDisk } from './faulty-disk.ts';

export interface NodeFaultsParts {
  readonly self: NodeId;
  readonly random: Random;
  /** The machine's own. Faults end by it, and late messages come by it. */
  readonly clock: Clock;
  readonly disk: Disk;
  /** False: disk and clock are the machine's own, with nothing between. */
  readonly enabled: boolean;
}

export class NodeFaults {
  readonly links: LinkFilter;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly #parts: NodeFaultsParts;
  readonly #faultyDisk: FaultyDisk;
  readonly #faultyClock: FaultyClock;
  #plan: FaultPlan = NO_FAULTS;
  #cancel: Cancel = () => {};

  constructor(parts: NodeFaultsParts) {
    const { self, random, clock, disk, enabled } = parts;
    this.#parts = parts;
    this.links = new LinkFilter(self, clock, random.fork('links'));
    const after = (ms: number, run: () => void): void => void clock.after(millis(ms), run);
    this.#faultyDisk = new FaultyDisk({ inner: disk, random: random.fork('disk'), after });
    this.#faultyClock = new FaultyClock(clock);
    this.disk = enabled ? this.#faultyDisk : disk;
    this.clock = enabled ? this.#faultyClock : clock;
  }

  /** Replaces the plan as a whole. */
  set(plan: FaultPlan): void {
    this.#plan = plan;
    this.links.setPlan(plan);
    this.#apply();
  }

  /** Ends all waiting; the plan stays as it is. */
  stop(): void {
    this.#cancel();
  }

  #apply(): void {
    this.#cancel();
    const { self, clock } = this.#parts;
    const now = clock.wallTime();
    const mine = <T extends { readonly node: NodeId | '*'; readonly until: number | null }>(faults: readonly T[]): readonly T[] =>
      faults.filter(({ node, until }) => (node === '*' || node === self) && (until === null || until > now));
    const [disks, clocks] = [mine(this.#plan.disks), mine(this.#plan.clocks)];
    this.#faultyDisk.set(disks);
    this.#faultyClock.set({
      rate: clocks.reduce((product, { rate }) => product * rate, 1),
      offsetMs: clocks.reduce((sum, { offsetMs }) => sum + offsetMs, 0),
    });
    const ends = [...disks, ...clocks].map(({ until }) => until).filter((until) => until !== null);
    if (ends.length > 0) this.#cancel = clock.after(millis(Math.min(...ends) - now), () => this.#apply());
  }
}

/** Keeps the event loop busy, as a long computation or a stop for garbage collection would. */
export function stall(clock: Clock, ms: number): void {
  const end = clock.now() + ms;
  while (clock.now() < end);
}
