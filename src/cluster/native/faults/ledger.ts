/** `faults.json`: the faults that are active in one cluster, whoever set them. */
import { type NodeId, nodeId } from '../../../base/brand.ts';
import type { FaultPlan } from '../../../fault/plan.ts';
import type { ActiveFault, FaultKind } from '../../driver.ts';
import { paths } from '../folder/directory.ts';
import { readPrivateFile, replacePrivateFile } from '../folder/private-files.ts';
import { MAX_REPLACED } from './ledger-limits.ts';

const LEDGER_BYTES = 1_048_576;
/** What a link fault was before it was changed. */
type ReplacedFault = Pick<RecordedFault, 'command' | 'links' | 'until'>;

/** An active fault with the rules it gives to the nodes; none for what is done to processes. */
export interface RecordedFault extends ActiveFault, FaultPlan {
  /** What undo brings back step by step, the newest last. */
  readonly replaced?: readonly ReplacedFault[] | undefined;
}

export interface Ledger {
  readonly nextId: number;
  /** Whose logs were damaged on purpose, ever. */
  readonly rotten: readonly NodeId[];
  /** In the order in which they were set. */
  readonly faults: readonly RecordedFault[];
}

export const EMPTY_LEDGER: Ledger = { nextId: 1, rotten: [], faults: [] };

/** The checked ledger; the empty one when none was written yet. */
export async function readLedger(dir: string): Promise<Ledger> {
  const path = paths.faults(dir);
  const text = await readPrivateFile(path, LEDGER_BYTES);
  if (text === null) return EMPTY_LEDGER;
  const { LedgerFile, parseChecked } = await import('../shapes.ts');
  const { nextId, rotten, faults } = parseChecked(LedgerFile(), text, path);
  return {
    nextId,
    rotten: rotten.map(nodeId),
    faults: faults.map((fault) => ({ ...fault, nodes: fault.nodes.map(nodeId) })),
  };
}

/** Writes the ledger, and beside it the plan that nodes read when they start. Call it under the cluster's lock. */
export async function writeLedger(dir: string, ledger: Ledger): Promise<void> {
  await Promise.all([
    replacePrivateFile(paths.plan(dir), `${JSON.stringify(planOf(ledger))}\n`, { durable: false }),
    replacePrivateFile(paths.faults(dir), `${JSON.stringify(ledger, null, 2)}\n`, { durable: false }),
  ]);
}

/** Ends the record of all faults; what they did to processes and links has to be ended as well. */
export async function clearFaults(dir: string): Promise<void> {
  const ledger = await readLedger(dir);
  if (ledger.faults.length > 0) await writeLedger(dir, { ...ledger, faults: [] });
}

/** The fault as a picture shows it: how the nodes carry it out is no part of that. */
export function activeFault({ links: _, disks: _disks, clocks: _clocks, replaced = [], ...fault }: RecordedFault): ActiveFault {
  const former = replaced.at(-1);
  return former === undefined ? fault : { ...fault, former: { command: former.command, until: former.until } };
}

/** The rules of all faults together, as the nodes apply them. */
export function planOf({ faults }: Ledger): FaultPlan {
  return {
    links: faults.flatMap(({ links }) => links),
    disks: faults.flatMap(({ disks }) => disks),
    clocks: faults.flatMap(({ clocks }) => clocks),
  };
}

/** The ledger with one more fault. */
export function withFault(ledger: Ledger, fault: Omit<RecordedFault, 'id'>): { readonly ledger: Ledger; readonly id: number } {
  const id = ledger.nextId;
  return { ledger: { ...ledger, nextId: id + 1, faults: [...ledger.faults, { id, ...fault }] }, id };
}

/** The ledger with a fault on a link in the place of the newest that stands on the very same; with one more where there is none. */
export function withChangedLink(
  ledger: Ledger,
  fault: Omit<RecordedFault, 'id'>,
): { readonly ledger: Ledger; readonly id: number } {
  const rules = (links: RecordedFault['links']): string => links.map(({ from, to }) => `${from}>${to}`).join(' ');
  const old = ledger.faults.findLast(({ kind, links }) => kind === 'link' && rules(links) === rules(fault.links));
  if (old === undefined) return withFault(ledger, fault);
  const { command, links, until } = old;
  const replaced = [...(old.replaced ?? []), { command, links, until }].slice(-MAX_REPLACED);
  return withFault(
    withoutFaults(ledger, (each) => each === old),
    { ...fault, replaced },
  );
}

/** The ledger with what a changed fault was before; null when it was not changed, or what it was would be over by now. */
export function withFormerLink(ledger: Ledger, changed: RecordedFault, now: number): { ledger: Ledger; id: number } | null {
  const { id: _, replaced = [], ...rest } = changed;
  const former = replaced.at(-1);
  if (former === undefined || (former.until !== null && former.until <= now)) return null;
  const left = withoutFaults(ledger, (each) => each === changed);
  return withFault(left, { ...rest, ...former, since: now, replaced: replaced.slice(0, -1) });
}

/** The ledger without the faults that `ended` picks. */
export function withoutFaults(ledger: Ledger, ended: (fault: RecordedFault) => boolean): Ledger {
  return { ...ledger, faults: ledger.faults.filter((fault) => !ended(fault)) };
}

/** Takes nodes out of the faults of some kinds; a fault without nodes is over. Its command then names only who is left. */
export function withoutNodes(ledger: Ledger, nodes: readonly NodeId[], kinds: readonly FaultKind[]): Ledger {
  const faults = ledger.faults.flatMap((fault) => {
    if (!kinds.includes(fault.kind) || !fault.nodes.some((node) => nodes.includes(node))) return [fault];
    const left = fault.nodes.filter((node) => !nodes.includes(node));
    return left.length === 0 ? [] : [{ ...fault, nodes: left, command: `${fault.kind} ${left.join(',')}` }];
  });
  return { ...ledger, faults };
}
