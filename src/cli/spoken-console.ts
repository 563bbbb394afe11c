/** The console for a screen reader: sentences that come one after the other, and a prompt. Nothing is drawn, nothing repainted. */
import type { ClusterDriver, ClusterEvent } from '../cluster/driver.ts';
import { timeText } from '../commands/wording.ts';
import { diagnose } from '../console/diagnosis.ts';
import type { Invocation } from './io.ts';
import { historyFile } from './settings-file.ts';
import { ShellSession } from './shell-session.ts';
import { type Predictions, spokenPredictions } from './spoken-predictions.ts';

/** What changes back within this time is not said. */
const SETTLE_MS = 700;

/** Resolves with the exit code when the person leaves. The driver stays open. */
export async function speakCluster({ io, globals }: Invocation, driver: ClusterDriver, writable: boolean): Promise<number> {
  const readOnly = writable ? {} : { readOnly: 'This console only looks. attach --write lets it change things.' };
  const session = new ShellSession(io, { ...globals, color: false }, driver, historyFile(io.env), { ...readOnly, spoken: true });
  const speaker = new Speaker(driver, (text) => session.announce(text));
  speaker.start();
  try {
    return await session.run();
  } finally {
    speaker.stop();
  }
}

/** Says how the cluster is whenever that has changed for good, and each event once. */
export class Speaker {
  readonly #driver: ClusterDriver;
  readonly #say: (text: string) => void;
  readonly #stops: (() => void)[] = [];
  readonly #predictions: Predictions;
  /** By node: the attempt that was told last. A node that cannot win asks again every second. */
  readonly #asked = new Map<string, string>();
  #said = '';
  #timer: NodeJS.Timeout | null = null;

  constructor(driver: ClusterDriver, say: (text: string) => void) {
    this.#driver = driver;
    this.#say = say;
    this.#predictions = spokenPredictions(say);
  }

  start(): void {
    this.#sayState();
    // What is remembered comes at once and is past; only what happens from now on is said.
    let past = true;
    this.#stops.push(
      this.#driver.onEvent((event) => {
        this.#predictions.event(event);
        if (!past && this.#isNews(event)) this.#say(sentenceOf(event));
      }),
      this.#driver.onPicture(() => this.#look()),
      () => this.#predictions.stop(),
    );
    past = false;
    this.#predictions.picture(this.#driver.picture());
  }

  #look(): void {
    this.#predictions.picture(this.#driver.picture());
    this.#settle();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const stop of this.#stops) stop();
  }

  #settle(): void {
    if (this.#timer !== null || this.#diagnosis() === this.#said) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#sayState();
    }, SETTLE_MS);
  }

  #diagnosis(): string {
    return diagnose(this.#driver.picture()).text;
  }

  #sayState(): void {
    const text = this.#diagnosis();
    if (text === this.#said) return;
    this.#said = text;
    this.#say(text);
  }

  #isNews({ node, raft, kind }: ClusterEvent): boolean {
    if (kind === 'vote') return false;
    if (node === null || raft === undefined) return true;
    const attempt = raft.type === 'election' ? `${raft.preVote} ${raft.term}` : '';
    const repeated = attempt !== '' && this.#asked.get(node) === attempt;
    this.#asked.set(node, attempt);
    return !repeated;
  }
}

function sentenceOf({ time, node, kind, text }: ClusterEvent): string {
  const who = node === null ? '' : `${node} `;
  return `${timeText(time, false)}, ${kind === 'fault' ? 'fault: ' : ''}${who}${text}.`;
}
