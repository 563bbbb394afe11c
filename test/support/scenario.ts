/**
 * Raft scenarios in prose: sentences, then `----`, then what must come out. Nothing moves that a sentence does not
 * move. test/raft/scenarios/README.txt lists the sentences.
 */
import { clusterTime, logIndex, type NodeId, nodeId, term } from '../../src/base/brand.ts';
import type { EntryId, Message, ReadPath } from '../../src/raft/messages.ts';
import { CoreCluster, ELECTION_MS } from './core-cluster.ts';
import { committedText, eventText, logLines, messageText, progressLines, statusLines } from './scenario-text.ts';

const LEASE_MS = 300;

/** Runs a scenario file and returns it with the outputs that came out. */
export function runScenario(text: string): string {
  const scenario = new Scenario();
  return blocksOf(text)
    .map(({ sentences, expectsOutput }) => {
      const output = sentences.flatMap((sentence) => scenario.carryOut(sentence));
      return expectsOutput ? [...sentences, '----', ...output].join('\n') : sentences.join('\n');
    })
    .join('\n\n')
    .concat('\n');
}

interface Block {
  readonly sentences: readonly string[];
  readonly expectsOutput: boolean;
}

/** Blocks are parted by empty lines; what follows `----` is output and replaced. A block without it must print nothing. */
function blocksOf(text: string): Block[] {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((block) => {
      const lines = block.split('\n');
      const bar = lines.indexOf('----');
      return { sentences: bar < 0 ? lines : lines.slice(0, bar), expectsOutput: bar >= 0 };
    });
}

class Scenario {
  #cluster: CoreCluster | null = null;
  #started = false;
  readonly #cut = new Set<string>();
  #narrates = { messages: false, events: false };
  #output: string[] = [];
  readonly #reads: string[] = [];

  /** One line: a remark after `#`, or sentences parted by `;`. Returns what it printed. */
  carryOut(line: string): string[] {
    this.#output = [];
    const spoken = line.split('#')[0] ?? '';
    for (const sentence of spoken.split(';')) {
      const [verb, ...words] = sentence.trim().split(/\s+/);
      if (verb === undefined || verb === '') continue;
      this.#sentence(
        verb,
        words.filter((word) => !FILLERS.has(word)),
      );
    }
    return this.#output;
  }

  #sentence(verb: string, words: string[]): void {
    if (!this.#started && verb !== 'cluster' && verb !== 'log') {
      this.#started = true;
      this.#in.startAll();
    }
    const run = this.#verbs[verb];
    if (run === undefined) throw new Error(`unknown sentence: ${verb} ${words.join(' ')}`);
    run(words);
  }

  readonly #verbs: Record<string, (words: string[]) => void> = {
    cluster: (words) => this.#create(words),
    log: (words) => this.#presetLog(words),
    elect: ([candidate = '', ...voters]) => this.#elect(nodeId(candidate), voters),
    campaign: ([id = '']) => this.#in.step(nodeId(id), { type: 'campaign' }),
    propose: ([id = '', ...data]) => this.#propose(nodeId(id), data),
    read: ([id = '', path]) => this.#read(nodeId(id), path === 'lease' ? 'lease' : 'leader'),
    transfer: ([from = '', to = '']) => this.#in.step(nodeId(from), { type: 'transfer-leadership', to: nodeId(to) }),
    deliver: (links) =>
      links.length === 0 ? this.#flow(() => true) : this.#onLinks(links, (message) => this.#hand(message, true)),
    settle: () => this.#settle(),
    exchange: (ids) => this.#flow(({ from, to }) => ids.includes(from) && ids.includes(to)),
    drop: (links) => this.#onLinks(links.length === 0 ? ['*'] : links, (message) => this.#in.drop(message)),
    repeat: (links) => this.#onLinks(links, (message) => this.#hand(message, false)),
    reverse: (links) => this.#reverse(links),
    cut: (links) => this.#cutLinks(links),
    isolate: ([id = '']) =>
      this.#cutLinks([...this.#in.nodes.keys()].filter((other) => other !== id).map((other) => `${id}-${other}`)),
    heal: () => this.#cut.clear(),
    crash: (ids) => ids.forEach((id) => void this.#in.crash(nodeId(id))),
    damage: ([id = '', from = '1']) => {
      this.#in.crash(nodeId(id));
      this.#in.node(nodeId(id)).disk.damage(logIndex(Number(from)));
    },
    restart: (ids) => ids.forEach((id) => void this.#in.start(nodeId(id))),
    close: ([id = '', ...seers]) => this.#close(nodeId(id), seers),
    run: ([ms = '']) => this.#run(Number(ms)),
    skip: ([ms = '']) => this.#in.advance(Number(ms)),
    tick: (ids) => ids.forEach((id) => void this.#in.tick(nodeId(id))),
    persist: ([id = '', count = '1']) => this.#persist(nodeId(id), count),
    narrate: (what) => {
      this.#narrates = { messages: what.includes('messages'), events: what.includes('events') };
    },
    show: ([what = '']) => this.#show(what),
  };

  get #in(): CoreCluster {
    if (this.#cluster === null) throw new Error('a scenario begins with "cluster"');
    return this.#cluster;
  }

  #create(words: string[]): void {
    const learnersFrom = words.indexOf('learners');
    const ids = words.filter((word) => /^n\d$/.test(word));
    const learners = learnersFrom < 0 ? [] : words.slice(learnersFrom).filter((word) => /^n\d$/.test(word));
    const limits = words.includes('single-entry') ? { appendEntries: 1 } : {};
    const leases = words.includes('leases') ? { leaseMs: LEASE_MS } : {};
    const cluster = new CoreCluster({ ids, learners, quickDisks: !words.includes('slow'), limits, ...leases });
    cluster.accepts = (message) => !this.#cut.has(`${message.from}>${message.to}`);
    cluster.onEvent = (id, event) => {
      const text = this.#narrates.events ? eventText(event) : null;
      if (text !== null) this.#output.push(`  ${id}: ${text}`);
    };
    this.#cluster = cluster;
  }

  /** What a node finds on its disk at its first start: the terms of its entries. */
  #presetLog([id = '', ...terms]: string[]): void {
    const { disk } = this.#in.node(nodeId(id));
    disk.hardState = { term: term(Number(terms.at(-1) ?? 0)), votedFor: null, repairFrom: null };
    disk.entries = terms.map((at, place) => ({
      index: logIndex(place + 1),
      term: term(Number(at)),
      time: clusterTime(0),
      kind: 'command',
      data: 'abcdefghijklmnop'[place] ?? 'x',
    }));
  }

  /** Enough silence that nobody is bound to an old leader, then votes and nothing but votes travel. */
  #elect(candidate: NodeId, voters: string[]): void {
    const cluster = this.#in;
    const isPresent = (id: string) => voters.length === 0 || voters.includes(id) || id === candidate;
    cluster.advance(ELECTION_MS);
    // A candidate that is behind learns of the newer term by its first attempt and wins the second.
    for (let attempts = 0; attempts < 2 && cluster.status(candidate).role !== 'leader'; attempts += 1) {
      cluster.step(candidate, { type: 'campaign' });
      this.#flow(({ type, from, to }) => type.startsWith('vote') && isPresent(from) && isPresent(to));
      for (const message of cluster.wire.filter(({ type }) => type.startsWith('vote'))) cluster.drop(message);
    }
    const { role, term: reached } = cluster.status(candidate);
    this.#output.push(
      role === 'leader' ? `${candidate} leads term ${reached}` : `${candidate} is not elected: ${role} in term ${reached}`,
    );
  }

  #propose(id: NodeId, data: string[]): void {
    for (const each of data) {
      const result = this.#in.propose(id, each);
      if (!result.ok) this.#output.push(`${id} refuses ${each}: ${result.reason}, leader ${result.leader ?? 'unknown'}`);
    }
  }

  #read(id: NodeId, path: ReadPath): void {
    const name = this.#in.read(id, path);
    if (name === null) this.#output.push(`${id} refuses to read`);
    else this.#reads.push(name);
  }

  /** Everything in flight that `may` move arrives in order, and what it causes, until nothing moves. */
  #flow(may: (message: Message) => boolean): void {
    for (let message = this.#in.wire.find(may); message !== undefined; message = this.#in.wire.find(may))
      this.#hand(message, true);
  }

  /** Messages and disks alike, until nothing moves. */
  #settle(): void {
    this.#flow(() => true);
    const slow = this.#in.up().find(({ unsynced }) => unsynced.length > 0);
    if (slow === undefined) return;
    this.#in.persist(slow.id);
    this.#settle();
  }

  /** What is in flight on these links now, but not what it causes. */
  #onLinks(links: string[], act: (message: Message) => void): void {
    const chosen = this.#in.wire.filter(({ from, to }) => links.includes('*') || links.includes(`${from}>${to}`));
    for (const message of chosen) act(message);
  }

  #hand(message: Message, takeOff: boolean): void {
    if (this.#narrates.messages) this.#output.push(`  ${messageText(message)}`);
    if (takeOff) this.#in.deliver(message);
    else this.#in.hand(message);
  }

  #reverse(links: string[]): void {
    const { wire } = this.#in;
    const isOn = ({ from, to }: Message) => links.includes(`${from}>${to}`);
    this.#in.wire = [...wire.filter((message) => !isOn(message)), ...wire.filter(isOn).reverse()];
  }

  #cutLinks(links: string[]): void {
    for (const link of links) {
      const [from = '', to = ''] = link.split(/[>-]/);
      this.#cut.add(`${from}>${to}`);
      if (link.includes('-')) this.#cut.add(`${to}>${from}`);
    }
    this.#in.wire = this.#in.wire.filter(({ from, to }) => !this.#cut.has(`${from}>${to}`));
  }

  #close(peer: NodeId, seers: string[]): void {
    for (const { id } of this.#in.up()) {
      const sees = seers.length === 0 ? id !== peer : seers.includes(id);
      if (sees) this.#in.step(id, { type: 'peer-closed', peer });
    }
  }

  #run(ms: number): void {
    for (let passed = 0; passed < ms; passed += 1) {
      this.#flow(() => true);
      this.#in.advance(1);
      for (const { id } of this.#in.up()) this.#in.tick(id);
    }
    this.#flow(() => true);
  }

  #persist(id: NodeId, count: string): void {
    const { unsynced } = this.#in.node(id);
    for (let left = count === 'all' ? unsynced.length : Number(count); left > 0; left -= 1) this.#in.persist(id);
  }

  #show(what: string): void {
    const cluster = this.#in;
    const shown: Record<string, () => string[]> = {
      log: () => logLines(cluster),
      status: () => statusLines(cluster),
      progress: () => progressLines(cluster),
      committed: () => [committedText(cluster)],
      wire: () => (cluster.wire.length === 0 ? ['nothing in flight'] : cluster.wire.map(messageText)),
      reads: () => this.#reads.map((name, place) => `read ${place + 1}: ${this.#readText(name)}`),
      lost: () => (cluster.neverHappened.length === 0 ? ['nothing is certain'] : cluster.neverHappened.map(lostText)),
    };
    const lines = shown[what];
    if (lines === undefined) throw new Error(`cannot show ${what}`);
    this.#output.push(...lines());
  }

  #readText(name: string): string {
    const index = this.#in.granted.get(name);
    if (index !== undefined) return `granted at ${index}`;
    return this.#in.failed.has(name) ? 'failed' : 'waiting';
  }
}

const lostText = ({ index, term: at }: EntryId): string => `${index}@${at} never happened`;

/** Words that make a sentence read well and say nothing. */
const FILLERS = new Set([
  'by',
  'to',
  'from',
  'with',
  'for',
  'and',
  'ms',
  'seen',
  'between',
  'among',
  'on',
  'of',
  'the',
  'is',
  'at',
  'says',
]);
