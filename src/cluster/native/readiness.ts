/** Waits until a started cluster serves, or says why it will not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type NodeId, nodeId } from '../../base/brand.ts';
import type { MemberStatus } from '../../replica/status.ts';
import { RaftKvClient } from '../client/client.ts';
import { ClusterError } from './cluster-error.ts';
import { adminClient } from './faults/fault-admin.ts';
import { readLedger } from './faults/ledger.ts';
import { readToken } from './folder/directory.ts';
import { Patience } from './patience.ts';
import { lastLogLines, nodeProcess, signOfLife } from './process/processes.ts';
import type { Serving } from './process/ready-words.ts';
import { startProgress } from './process/start-progress.ts';
import type { ClusterFile } from './shapes.ts';

/** Entries to apply; fewer are done with before anybody has read how many. */
const WORTH_TELLING = 10_000;
const POLL_MS = 20;
/** While a long log is applied: each answer takes time of a node that has none to spare. */
const APPLYING_POLL_MS = 50;
const ASK_MS = 400;
/** A majority that gets nowhere for so long is one that cannot do without the others. */
const NOWHERE_MS = 1_500;
const LOG_LINES = 5;
/** The processes are looked at this seldom: a look costs more than a refused connection. */
const LOOK_EVERY = 5;
/** One campaign needs about a round trip and two disk writes; asking again sooner would only disturb it. */
const CAMPAIGN_EVERY_MS = 250;

export interface WaitOptions {
  /** How long to wait from the last sign that a node gets on; see Patience. */
  readonly patienceMs: number;
  readonly hasten: boolean;
  /** Nodes that are down until `launchLater` is called: once, when a node leads, or when those that are up get nowhere by themselves. */
  readonly later?: readonly string[];
  readonly launchLater?: () => Promise<void>;
  /** How far a node has come that reads its store or applies its log, in words; called when the words change. */
  readonly onLoading?: (node: string, text: string) => void;
}

/**
 * Resolves when some node leads and has committed and applied an entry of its own term: only then does it answer reads and writes
 * (Raft §8). With `hasten` a node is asked to stand for election as soon as a majority is there, instead of waiting for
 * the first election timeout. Rejects with a ClusterError when a node ended, with the last lines of its log, or when no
 * node gets on any more.
 */
export async function waitUntilServing(dir: string, file: ClusterFile, options: WaitOptions): Promise<Serving> {
  const [token, admin] = await Promise.all([readToken(dir, 'client'), adminClient(dir, file)]);
  const client = new RaftKvClient({ endpoints: file.nodes, token });
  const patience = new Patience(options.patienceMs, performance.now());
  const loading = new Loading(dir, options.onLoading ?? (() => {}));
  let campaignAt = 0;
  let repairing: readonly string[] = [];
  const rest = new Rest(options);
  try {
    for (let round = 1; !patience.isOver; round += 1) {
      const statuses = await askAll(client, file);
      const serving = statuses.find(isServing);
      repairing = statuses.filter((status) => status.repairing).map(({ id }) => id);
      const isLed = statuses.some(({ role }) => role === 'leader');
      if (isLed || repairing.length > 0 || patience.waitedMs >= NOWHERE_MS) await rest.launch();
      if (serving !== undefined) return { leader: serving.id, term: serving.term };
      const candidate = options.hasten && performance.now() >= campaignAt ? bestCandidate(statuses, file.nodes.length) : null;
      if (candidate !== null) {
        campaignAt = performance.now() + CAMPAIGN_EVERY_MS;
        await admin.admin(candidate, 'cluster.campaign', {}, { deadlineMs: ASK_MS, retry: false }).catch(() => null);
      }
      for (const status of statuses) patience.seen(status.id, signOfProgress(status));
      if (loading.applied(statuses)) patience.told();
      if (round % LOOK_EVERY === 0) {
        const launched = file.nodes.map(({ id }) => id).filter((id) => !rest.waiting.includes(id));
        await refuseEnded(dir, launched);
        const silent = launched.filter((id) => statuses.every((status) => status.id !== id));
        for (const id of silent) patience.seen(`${id} silent`, await signOfLife(dir, id));
        if (await loading.look(silent)) patience.told();
      }
      await sleep(statuses.some((status) => applying(status) !== null) ? APPLYING_POLL_MS : POLL_MS);
      patience.round(performance.now());
    }
  } finally {
    client.close();
    admin.close();
  }
  throw new ClusterError(await explain(dir, file, patience.untoldMs, repairing));
}

/** The statuses that came in time; a serving leader's is not kept waiting for by nodes that hang. */
function askAll(client: RaftKvClient, file: ClusterFile): Promise<readonly MemberStatus[]> {
  return new Promise((resolve) => {
    const statuses: MemberStatus[] = [];
    let open = file.nodes.length;
    for (const { id } of file.nodes) {
      void client
        .status(nodeId(id), { deadlineMs: ASK_MS, retry: false })
        .then(
          (status) => {
            statuses.push(status);
            if (isServing(status)) resolve(statuses);
          },
          () => {},
        )
        .finally(() => {
          open -= 1;
          if (open === 0) resolve(statuses);
        });
    }
  });
}

/**
 * Who would win an election now: the newest log of a majority (Raft §5.4.1), reachable for enough others; of several, who has the least
 * left to apply and so serves first. Null while a leader is there or an election is under way; to ask for pre-votes is none yet.
 */
export function bestCandidate(statuses: readonly MemberStatus[], members: number): NodeId | null {
  const needed = Math.floor(members / 2) + 1;
  const isIdle = ({ role, leader }: MemberStatus): boolean =>
    leader === null && (role === 'follower' || role === 'pre-candidate');
  if (statuses.length < needed || !statuses.every(isIdle)) return null;
  const [best] = statuses
    .filter(({ repairing }) => !repairing)
    .sort(
      (one, other) => other.lastTerm - one.lastTerm || other.lastIndex - one.lastIndex || other.appliedIndex - one.appliedIndex,
    );
  const reaches = best === undefined ? 0 : 1 + best.links.filter(({ connected }) => connected).length;
  return best !== undefined && reaches >= needed ? best.id : null;
}

/**
 * The newest terms are in the status; an index below them is one of an older leader's entries. What is committed and not applied has to
 * be before anything is answered, which takes seconds after the start of a large store.
 */
export function isServing({ role, tail, term, commitIndex, appliedIndex }: MemberStatus): boolean {
  if (role !== 'leader') return false;
  return tail.terms[commitIndex - tail.first] === term && tail.terms[appliedIndex - tail.first] === term;
}

/** What of a status changes while an election is under way, or a disk works on one; roles do not count: who is cut off asks for pre-votes for ever. */
export function signOfProgress({ term, lastIndex, commitIndex, appliedIndex, links, sync }: MemberStatus): string {
  return [term, lastIndex, commitIndex, appliedIndex, sync.count, links.filter(({ connected }) => connected).length].join(' ');
}

/** How far a node has come with its log, in words; null when there is little left to apply. */
export function applying({ commitIndex, appliedIndex }: Pick<MemberStatus, 'commitIndex' | 'appliedIndex'>): string | null {
  const left = Math.ceil((commitIndex - appliedIndex) / WORTH_TELLING) * WORTH_TELLING;
  return left > WORTH_TELLING ? `applies its log, ${left.toLocaleString('en')} entries left` : null;
}

/** What the nodes have read of their stores and applied of their logs. */
class Loading {
  readonly #dir: string;
  readonly #onLoading: (node: string, text: string) => void;
  readonly #heard = new Map<string, string>();
  readonly #applied = new Map<string, number>();

  constructor(dir: string, onLoading: (node: string, text: string) => void) {
    this.#dir = dir;
    this.#onLoading = onLoading;
  }

  /** Whether any of them has come further since the last look. */
  async look(ids: readonly string[]): Promise<boolean> {
    let isMoving = false;
    for (const id of ids) {
      const progress = await startProgress(this.#dir, id);
      if (progress === null || this.#heard.get(id) === progress.at) continue;
      // The first one heard may be what a start long ago left behind.
      isMoving ||= this.#heard.has(id);
      this.#heard.set(id, progress.at);
      this.#onLoading(id, progress.text);
    }
    return isMoving;
  }

  /** Whether any of them has applied more since the last look. */
  applied(statuses: readonly MemberStatus[]): boolean {
    let isMoving = false;
    for (const status of statuses) {
      const text = applying(status);
      if (text === null) continue;
      isMoving ||= this.#applied.get(status.id) !== status.appliedIndex;
      this.#applied.set(status.id, status.appliedIndex);
      if (this.#heard.get(status.id) === text) continue;
      this.#heard.set(status.id, text);
      this.#onLoading(status.id, text);
    }
    return isMoving;
  }
}

/** The nodes that are to be launched later. */
class Rest {
  waiting: readonly string[];
  readonly #launch: () => Promise<void>;

  constructor({ later = [], launchLater = async () => {} }: WaitOptions) {
    this.waiting = later;
    this.#launch = launchLater;
  }

  async launch(): Promise<void> {
    if (this.waiting.length === 0) return;
    await this.#launch();
    this.waiting = [];
  }
}

async function refuseEnded(dir: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    if ((await nodeProcess(dir, id)).state !== 'down' || (await isKilled(dir, id))) continue;
    const lines = await lastLogLines(dir, id, LOG_LINES);
    throw new ClusterError(
      [`${id} ended while the cluster was starting. The end of its log:`, ...lines.map((line) => `  ${line}`)].join('\n'),
    );
  }
}

async function isKilled(dir: string, id: string): Promise<boolean> {
  const { faults } = await readLedger(dir);
  return faults.some((fault) => (fault.kind === 'kill' || fault.kind === 'power-loss') && fault.nodes.includes(nodeId(id)));
}

async function explain(dir: string, file: ClusterFile, waitedMs: number, repairing: readonly string[]): Promise<string> {
  const { faults } = await readLedger(dir);
  const active = faults.map((fault) => fault.command).join(', ');
  const damage =
    repairing.length === 0
      ? ''
      : ` Damaged logs, which have no vote before others have given back what was lost: ${repairing.join(', ')}.`;
  const hint = active === '' ? '' : ` Active faults: ${active}. End them with: raftkv-tui fault heal --cluster ${file.name}`;
  return `No leader of '${file.name}' serves after ${Math.round(waitedMs / 1_000)} s.${damage}${hint}`;
}
