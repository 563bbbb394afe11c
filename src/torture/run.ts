/** A torture run: epoch after epoch of load and faults on a cluster of real processes, each healed and judged. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeId } from '../base/brand.ts';
import { seededRandom } from '../base/random.ts';
import type { Operation } from '../check/history.ts';
import { Recorder } from '../check/recorder.ts';
import type { ActionResult, ClusterAction, ClusterDriver, KvClient } from '../cluster/driver.ts';
import { contentsOf, highestCommit, unequalStates, whyNotLevel } from './convergence.ts';
import { actionOf } from './fault-actions.ts';
import { Judge, type Judgement } from './judge.ts';
import { lostKeys, type Settled, settledKeys } from './last-look.ts';
import { keysOf, Load } from './load.ts';
import { Meter } from './meter.ts';
import type { EpochReport, InjectedFault, TorturePhase, TortureProgress } from './progress.ts';
import { RecordedKv } from './recorded-kv.ts';
import type { TortureOptions, TortureResult } from './result.ts';
import { drawEpochs, type PlannedEpoch } from './schedule.ts';
import { Watcher } from './watcher.ts';

export interface TortureParts {
  readonly driver: ClusterDriver;
  /** One process of the history each. */
  readonly clients: readonly KvClient[];
  readonly options: TortureOptions;
  /** Every operation as it ends. */
  readonly onOperation: (operation: Operation) => void;
  readonly onProgress: (progress: TortureProgress) => void;
  readonly signal: AbortSignal;
}

const RATE_WINDOW_MS = 1_000;
const BACK_WINDOW_MS = 500;
const RECOVERY_MS = 10_000;
const CONVERGENCE_MS = 20_000;
const POLL_MS = 50;
const REFRESH_MS = 1_000;
/** No epoch begins that would end much later than the run. */
const EPOCH_MS = 5_000;
const FINAL_READ_MS = 10_000;
const PREFIX = 'torture/';

export class Torture {
  readonly #parts: TortureParts;
  readonly #judge = new Judge();
  readonly #meter = new Meter();
  readonly #watcher: Watcher;
  readonly #recorder: Recorder;
  readonly #startedAt = performance.now();
  readonly #epochs: EpochReport[] = [];
  readonly #broken: string[] = [];
  readonly #failed: string[] = [];
  readonly #pictures: Judgement[] = [];
  readonly #settled: Settled[] = [];
  readonly #verdicts: Promise<void>[] = [];
  readonly #rotten = new Set<NodeId>();
  #operations: Operation[] = [];
  #phase: TorturePhase = 'steady';
  #epoch = 0;
  #judged = 0;
  #equalState = false;

  constructor(parts: TortureParts) {
    this.#parts = parts;
    this.#watcher = new Watcher(parts.driver);
    this.#recorder = new Recorder((operation) => {
      this.#operations.push(operation);
      parts.onOperation(operation);
    });
  }

  /** Never rejects for what the cluster does; whatever happens, all faults are healed in the end. */
  async run(): Promise<TortureResult> {
    const { options, driver } = this.#parts;
    const ticking = setInterval(() => this.#tell(), 200);
    try {
      for (const planned of drawEpochs(options.seed, options.kinds)) {
        await this.#runEpoch(planned);
        const isLast = this.#elapsed() + EPOCH_MS > options.seconds * 1_000;
        // A cluster that has lost something, or that does not come back, has nothing more to show.
        if (isLast || this.#aborted || this.#broken.length > 0 || this.#failed.length > 0) break;
      }
      if (!this.#aborted) await this.#lookAtAll();
    } finally {
      await driver.act({ type: 'heal', fault: null }).catch(() => null);
      this.#enter('judging');
      await Promise.all(this.#verdicts);
      await this.#judge.close();
      this.#takeBroken();
      this.#watcher.stop();
      this.#enter('over');
      clearInterval(ticking);
    }
    return this.#result();
  }

  get #aborted(): boolean {
    return this.#parts.signal.aborted;
  }

  async #runEpoch(planned: PlannedEpoch): Promise<void> {
    const { clients, options } = this.#parts;
    const atMs = Math.round(this.#elapsed());
    this.#epoch = planned.number;
    this.#operations = [];
    this.#enter('steady');
    const random = seededRandom(options.seed).fork(`load ${planned.number}`);
    const { recorder, meter } = { recorder: this.#recorder, meter: this.#meter };
    const load = new Load({
      clients,
      recorder,
      meter,
      random,
      perSecond: options.perSecond,
      epoch: planned.number,
      onWritten: (written) => this.#parts.driver.noteAcknowledged(written),
    });
    try {
      const rateBefore = await this.#steady();
      this.#enter('fault');
      const faults = rateBefore === null ? [] : await this.#inject(planned);
      const [ackedBefore, since] = [meter.acked, performance.now()];
      await this.#pause(planned.holdMs);
      const rateDuring = Math.round(((meter.acked - ackedBefore) * 1_000) / Math.max(1, performance.now() - since));
      this.#enter('recovering');
      const { recoveryMs, convergenceMs } = await this.#heal(planned.number);
      this.#watcher.endExcuses();
      this.#enter('reading');
      await load.stop();
      await this.#settle(planned.number);
      await this.#compareStates(`epoch ${planned.number}`);
      const operations = this.#operations;
      const unknown = operations.filter(({ outcome }) => outcome === 'unknown').length;
      const report = { epoch: planned.number, atMs, faults, holdMs: planned.holdMs, rateBefore: rateBefore ?? 0, rateDuring };
      this.#handToJudge(operations, { ...report, recoveryMs, convergenceMs, operations: operations.length, unknown });
    } finally {
      await load.stop();
    }
    this.#takeBroken();
  }

  /** What was seen by looking on. */
  #takeBroken(): void {
    const ended = this.#watcher.ended.splice(0).map((text) => `a node ended by itself: ${text}`);
    const broken = this.#watcher.broken.filter((text) => !this.#broken.includes(text));
    this.#broken.push(...ended, ...broken);
  }

  /** The rate before the fault, once it is high enough; null when it never was. */
  async #steady(): Promise<number | null> {
    const { leastPerSecond } = this.#parts.options;
    await this.#pause(RATE_WINDOW_MS);
    const reached = await this.#eventually(() => (this.#rate(RATE_WINDOW_MS) >= leastPerSecond ? true : null), RECOVERY_MS);
    const rate = Math.round(this.#rate(RATE_WINDOW_MS));
    if (reached !== null || this.#aborted) return rate;
    this.#failed.push(`epoch ${this.#epoch}: ${rate} acknowledged a second before the fault, not ${leastPerSecond}`);
    return null;
  }

  async #inject({ faults }: PlannedEpoch): Promise<readonly InjectedFault[]> {
    const { driver } = this.#parts;
    const done: InjectedFault[] = [];
    for (const fault of faults) {
      if (this.#aborted) break;
      const action = actionOf(fault, driver.picture(), this.#rotten);
      const { kind } = fault;
      if (action === null) {
        done.push({ kind, text: 'not possible in this cluster', hit: false });
        continue;
      }
      this.#excuse(action);
      const result: ActionResult | Error = await driver.act(action).catch((error: Error) => error);
      done.push({ kind, text: result instanceof Error ? result.message : result.text, hit: !(result instanceof Error) });
    }
    return done;
  }

  #excuse(action: ClusterAction): void {
    if (!('nodes' in action)) return;
    if (action.type === 'rot') for (const node of action.nodes) this.#rotten.add(node);
    const stalls = action.type === 'stall' || action.type === 'pause';
    if (action.type !== 'isolate' && action.type !== 'clock') this.#watcher.excuse(action.nodes, stalls);
  }

  /** All is healed and every node runs; then the rate must come back, and all must become level. */
  async #heal(epoch: number): Promise<Pick<EpochReport, 'recoveryMs' | 'convergenceMs'>> {
    const { driver, options } = this.#parts;
    const since = performance.now();
    await driver.act({ type: 'heal', fault: null }).catch((error: Error) => this.#failed.push(`healing: ${error.message}`));
    const level = this.#becomeLevel();
    const isBack = (): true | null => (this.#rate(BACK_WINDOW_MS) >= options.leastPerSecond ? true : null);
    const recovered = await this.#eventually(isBack, RECOVERY_MS);
    const recoveryMs = recovered === null ? null : Math.round(performance.now() - since);
    if (recoveryMs === null && !this.#aborted) {
      const rate = Math.round(this.#rate(BACK_WINDOW_MS));
      this.#failed.push(
        `epoch ${epoch}: ${rate} acknowledged a second ${RECOVERY_MS / 1_000} s after the healing, not ${options.leastPerSecond}`,
      );
    }
    const obstacle = await level;
    const convergenceMs = obstacle === null ? Math.round(performance.now() - since) : null;
    if (obstacle !== null && !this.#aborted) {
      this.#failed.push(`epoch ${epoch}: not whole ${CONVERGENCE_MS / 1_000} s after the healing: ${obstacle}`);
    }
    return { recoveryMs, convergenceMs };
  }

  /** Null when they are; else what stands in the way. */
  async #becomeLevel(): Promise<string | null> {
    const { driver } = this.#parts;
    const giveUpAt = performance.now() + CONVERGENCE_MS;
    let goal = 0;
    for (;;) {
      await this.#startEnded();
      await driver.refresh(REFRESH_MS);
      const picture = driver.picture();
      if (goal === 0) goal = highestCommit(picture);
      const obstacle = whyNotLevel(picture, goal);
      if (obstacle === null || this.#aborted || performance.now() > giveUpAt) return obstacle;
      await this.#pause(POLL_MS);
    }
  }

  /** A node may have met its failing disk in the very moment of the healing. */
  async #startEnded(): Promise<void> {
    const { driver } = this.#parts;
    const down = driver.picture().nodes.filter(({ state }) => state === 'down');
    if (down.length > 0) await driver.act({ type: 'restart', nodes: down.map(({ id }) => id) }).catch(() => null);
  }

  /** Reads each key of the epoch once more: what was acknowledged must be there. */
  async #settle(epoch: number): Promise<void> {
    const reader = new RecordedKv(this.#parts.driver.kv, this.#recorder, 'reader', FINAL_READ_MS);
    const final = new Map<string, string | null>();
    for (const key of keysOf(epoch)) {
      if (this.#aborted) return;
      const answer = await reader.get(key);
      if (answer === null) this.#failed.push(`epoch ${epoch}: ${key} could not be read after the healing`);
      else final.set(key, answer.value ?? null);
    }
    this.#settled.push(...settledKeys(final, this.#operations));
  }

  #handToJudge(operations: readonly Operation[], report: Omit<EpochReport, 'verdict'>): void {
    const verdict = this.#judge.judge(`epoch ${report.epoch}`, operations).then(
      (judgement) => {
        this.#judged += 1;
        this.#epochs.push({ ...report, verdict: judgement.verdict });
        if (judgement.verdict === 'linearizable') return;
        if (judgement.verdict === 'gave-up') this.#failed.push(`epoch ${report.epoch}: its history was too hard to judge`);
        this.#broken.push(...judgement.violations.map((text) => `epoch ${report.epoch}: ${text}`));
        this.#pictures.push(judgement);
      },
      (error: Error) => void this.#failed.push(`epoch ${report.epoch} was not judged: ${error.message}`),
    );
    this.#verdicts.push(verdict);
  }

  /** Everything of all epochs must still be there, and be the same on all nodes. */
  async #lookAtAll(): Promise<void> {
    const { driver } = this.#parts;
    this.#enter('last look');
    const found = await contentsOf(driver, null, PREFIX).catch((error: Error) => error);
    if (found instanceof Error) this.#failed.push(`the last look failed: ${found.message}`);
    else this.#broken.push(...lostKeys(this.#settled, found));
    await this.#compareStates('the last look');
  }

  /** Without a load all nodes come to stand at the same index, and their states there must be the same (Raft, State Machine Safety). */
  async #compareStates(when: string): Promise<void> {
    const { driver } = this.#parts;
    const unequal = await this.#eventually(async () => {
      await driver.refresh(REFRESH_MS);
      return unequalStates(driver.picture());
    }, RECOVERY_MS);
    this.#equalState = unequal?.length === 0;
    if (this.#aborted) return;
    if (unequal === null) this.#failed.push(`${when}: the nodes never stood at the same index`);
    else this.#broken.push(...unequal.filter((text) => !this.#broken.includes(text)));
  }

  #elapsed(): number {
    return performance.now() - this.#startedAt;
  }

  #rate(windowMs: number): number {
    return this.#meter.rate(performance.now(), windowMs);
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, null, { signal: this.#parts.signal }).catch(() => null);
  }

  /** Asks until there is an answer; null when time is up, or when somebody has seen enough. */
  async #eventually<T>(ask: () => T | null | Promise<T | null>, patienceMs: number): Promise<T | null> {
    const giveUpAt = performance.now() + patienceMs;
    while (!this.#aborted) {
      const answer = await ask();
      if (answer !== null || performance.now() > giveUpAt) return answer;
      await this.#pause(POLL_MS);
    }
    return null;
  }

  #enter(phase: TorturePhase): void {
    this.#phase = phase;
    this.#tell();
  }

  #tell(): void {
    const { driver, options, onProgress } = this.#parts;
    onProgress({
      phase: this.#phase,
      epoch: this.#epoch,
      faults: driver.picture().faults.map(({ command }) => command),
      opsPerSecond: Math.round(this.#rate(RATE_WINDOW_MS)),
      acked: this.#meter.acked,
      unknown: this.#meter.unknown,
      leftMs: Math.max(0, options.seconds * 1_000 - this.#elapsed()),
      leaderChanges: this.#watcher.leaderChanges,
      judged: this.#judged,
      toJudge: this.#judge.open,
      violations: [...new Set([...this.#broken, ...this.#watcher.broken])],
    });
  }

  #result(): TortureResult {
    return {
      options: this.#parts.options,
      nodes: this.#parts.driver.picture().nodes.length,
      interrupted: this.#aborted,
      elapsedMs: Math.round(this.#elapsed()),
      epochs: this.#epochs.toSorted((a, b) => a.epoch - b.epoch),
      broken: this.#broken,
      failed: this.#failed,
      pictures: this.#pictures,
      acked: this.#meter.acked,
      unknown: this.#meter.unknown,
      refused: this.#meter.failed,
      leaderChanges: this.#watcher.leaderChanges,
      longestStallMs: this.#watcher.longestStallMs,
      snapshots: this.#watcher.snapshots,
      promises: this.#watcher.promises,
      equalState: this.#equalState,
      events: this.#watcher.events,
    };
  }
}
