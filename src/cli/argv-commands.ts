/** Commands that exist only on the command line, as data. `loaders.ts` has what they do. */
import { THEMES } from '../commands/command.ts';
export interface ArgvOption {
  /** As commander reads it: `--base-port <port>`. */
  readonly flags: string;
  readonly summary: string;
}

export interface ArgvCommand {
  readonly name: string;
  /** As commander reads it: `[count]`, `<file>`, `[targets...]`. */
  readonly words: readonly (readonly [string, string])[];
  readonly group: string;
  readonly summary: string;
  readonly options: readonly ArgvOption[];
  readonly examples: readonly string[];
  readonly hidden?: boolean;
}

const CLUSTERS = 'clusters';
const DATA = 'data';
const LESSONS = 'lessons';
const PROOFS = 'proofs';
const PROGRAM = 'this program';

const opt = (flags: string, summary: string): ArgvOption => ({ flags, summary });

export const ARGV_COMMANDS: readonly ArgvCommand[] = [
  {
    name: 'start',
    words: [['[count]', 'how many nodes, 1 to 9 (default 5, or as many as the cluster has)']],
    group: CLUSTERS,
    summary: 'Create or resume a cluster of node processes here, and open the console.',
    options: [
      opt('--detach', 'no console: print a summary and leave the nodes running'),
      opt('--base-port <port>', 'the first of consecutive ports (default: free ones, remembered)'),
      opt('--heartbeat-ms <ms>', 'how often a leader is heard, for a new cluster (default 50)'),
      opt('--election-ms <ms>', 'silence after which an election begins, for a new cluster (default 500)'),
      opt('--lease-reads', 'the leader of a new cluster may serve reads by lease (--consistency lease); failover takes longer'),
      opt('--snapshot-entries <n>', 'entries after which a node takes a snapshot, for a new cluster (default 100,000)'),
      opt('--history <n>', 'revisions that a node remembers, for a new cluster (default 50,000)'),
      opt('--operation-log', 'a new cluster notes what it does to its disks, so that power-loss works'),
      opt('--ascii', 'draw with plain characters'),
      opt('--theme <name>', `colours: ${THEMES.join(', ')}`),
      opt('--screen-reader', 'sentences and a prompt instead of a drawn screen'),
      opt('--plain', 'without a terminal: events as text instead of JSON lines'),
    ],
    examples: ['start', 'start 3 --cluster demo', 'start 5 --detach && raftkv-tui put hello world'],
  },
  {
    name: 'attach',
    words: [['[targets...]', 'the name of a cluster here, or ws:// urls of its nodes']],
    group: CLUSTERS,
    summary: 'Open the console on a running cluster; closing it leaves the nodes alone.',
    options: [
      opt('--write', 'let the console change things at once; W does the same later'),
      opt('--ascii', 'draw with plain characters'),
      opt('--theme <name>', `colours: ${THEMES.join(', ')}`),
      opt('--screen-reader', 'sentences and a prompt instead of a drawn screen'),
      opt('--plain', 'without a terminal: events as text instead of JSON lines'),
    ],
    examples: ['attach', 'attach demo', 'attach ws://127.0.0.1:7001 --token-file client.token'],
  },
  {
    name: 'replay',
    words: [['<file>', 'a recording, as Ctrl-S in the console saves it']],
    group: CLUSTERS,
    summary: 'Open the console on a recording: step through what happened, and ask why.',
    options: [
      opt('--ascii', 'draw with plain characters'),
      opt('--theme <name>', `colours: ${THEMES.join(', ')}`),
      opt('--plain', 'without a terminal: events as text instead of JSON lines'),
    ],
    examples: ['replay raftkv-default-2026-01-02T12-04-31.ndjson', 'replay split-vote.ndjson --json'],
  },
  {
    name: 'node',
    words: [],
    group: CLUSTERS,
    summary: 'Run one node in the foreground: what start launches, and what you run on other machines.',
    options: [
      opt('--config <file>', 'its configuration, a JSON file'),
      opt('--accept-data-loss', 'go on with what is left of a damaged log that nobody can repair'),
    ],
    examples: ['node --config n1/node.json'],
  },
  {
    name: 'guard',
    words: [],
    group: CLUSTERS,
    summary: 'Wait for another program to end, then clean up behind it.',
    options: [
      opt('--dir <dir>', 'the folder of the cluster'),
      opt('--owner <id>', 'whose faults end'),
      opt('--stop-nodes', 'stop the nodes as well'),
      opt('--at <ms>', 'end one fault at this time'),
      opt('--fault <id>', 'the fault to end'),
    ],
    examples: ['guard --dir DIR --owner ID'],
    hidden: true,
  },
  {
    name: 'ls',
    words: [],
    group: CLUSTERS,
    summary: 'List the clusters of this machine.',
    options: [],
    examples: ['ls', 'ls --json'],
  },
  {
    name: 'stop',
    words: [],
    group: CLUSTERS,
    summary: 'Stop all nodes of a cluster; their data stays.',
    options: [],
    examples: ['stop', 'stop --cluster demo'],
  },
  {
    name: 'rm',
    words: [],
    group: CLUSTERS,
    summary: 'Delete a stopped cluster with all its data (asks, or --yes).',
    options: [],
    examples: ['rm --cluster demo', 'rm --cluster demo --yes'],
  },
  {
    name: 'sh',
    words: [],
    group: DATA,
    summary: 'Open the shell: history, completion, help; lines from a pipe, or one with -c.',
    options: [opt('-c, --command <line>', 'run this line and exit')],
    examples: ['sh', 'sh -c \'put greeting "hello, world"\'', 'sh < lines.txt'],
  },
  {
    name: 'import',
    words: [['<file>', 'NDJSON {"key","value"}, TSV or a JSON object; - reads standard input']],
    group: DATA,
    summary: 'Put many keys from a file; an interrupted import goes on where it stopped.',
    options: [
      opt('--format <format>', 'ndjson, tsv or json (default: by name and content)'),
      opt('--in-flight <count>', 'writes that may wait for their answer at once (default 64)'),
      opt('--skip-bad', 'report bad records and go on'),
      opt('--restart', 'begin anew instead of going on'),
      opt('--deadline <duration>', 'patience with one write, elections included (default 60s)'),
    ],
    examples: [
      'import cities.ndjson',
      'import data.tsv --in-flight 256',
      'raftkv-tui export - | raftkv-tui import - --cluster copy',
    ],
  },
  {
    name: 'export',
    words: [['<file>', 'where to; - writes to standard output']],
    group: DATA,
    summary: 'Write all keys to a file, in the order of their bytes.',
    options: [
      opt('--format <format>', 'ndjson, tsv or json (default: by name)'),
      opt('--prefix <prefix>', 'only keys that begin with this'),
    ],
    examples: ['export backup.ndjson', 'export - --format tsv --prefix city:'],
  },
  {
    name: 'bench',
    words: [],
    group: DATA,
    summary: 'Measure throughput and latency, and what they cost each node.',
    options: [
      opt('--mix <mix>', 'put, get (linearizable), lease, stale, range (100 keys) or mixed (half put, half get; default put)'),
      opt('--clients <count>', 'operations at a time (default 16)'),
      opt('--connections <count>', 'connections that share them (default 1)'),
      opt('--read-from <who>', 'linearizable reads from the leader, or from any: all nodes in turn (default leader)'),
      opt('--rate <count>', 'operations a second, measured from when each was due (default: the next when the last ends)'),
      opt('--seconds <seconds>', 'how long to measure (default 10)'),
      opt('--warm-up <seconds>', 'how long to run before (default 1)'),
      opt('--value-size <bytes>', 'bytes of each value (default 100)'),
      opt('--keys <count>', 'how many different keys (default 10000)'),
      opt('--out <file>', 'save the measurement as JSON'),
      opt('--compare <file>', 'print ratios to a saved measurement of the same load; of another load it is refused'),
    ],
    examples: [
      'bench',
      'bench --clients 64 --seconds 30',
      'bench --mix mixed --rate 2000 --json',
      'bench --mix get --clients 64 --read-from any',
      'bench --mix get --clients 64 --out before.json',
      'bench --mix get --clients 64 --compare before.json',
    ],
  },
  {
    name: 'learn',
    words: [['[lesson]', 'the name or number of a lesson; ls lists them (default: a list to choose from)']],
    group: LESSONS,
    summary: 'Take a guided lesson on real nodes: predict what will happen, see it happen, compare.',
    options: [
      opt('--lang <language>', 'en or zh (default: the preference lang, else as $LC_ALL or $LANG says)'),
      opt('--restart', 'begin anew instead of going on where you were'),
      opt('--plain', 'as text, with one line for each answer, instead of in the console'),
      opt('--answers <list>', 'with --plain or --json: predictions in the order of the questions, by commas'),
      opt('--ascii', 'draw with plain characters'),
      opt('--theme <name>', `colours: ${THEMES.join(', ')}`),
    ],
    examples: ['learn', 'learn split-vote', 'learn cap --lang zh', 'learn ls --json', 'learn skip-list --plain --answers b,a'],
  },
  {
    name: 'simulate',
    words: [],
    group: PROOFS,
    summary: 'Run whole clusters in virtual time under random faults, and check every promise.',
    options: [
      opt('--seed <seed>', 'the first seed (default: a random one)'),
      opt('--seeds <count>', 'how many seeds, up to the first that breaks a promise (default 1)'),
      opt('--jobs <count>', 'how many of them at the same time (default: one for each core)'),
      opt('--nodes <count>', 'how many nodes, 1 to 9 (default: by the seed)'),
      opt('--seconds <seconds>', 'virtual time under faults (default 12)'),
      opt('--given-up <count>', 'histories that may be given up, named in any case, before the run fails (default 0)'),
      opt('--trace <file>', 'write everything that happens to the last seed, one JSON line each'),
    ],
    examples: ['simulate', 'simulate --seed 7 --trace seed-7.ndjson', 'simulate --seeds 1000 --json'],
  },
  {
    name: 'scenario',
    words: [['<file...>', 'stories to tell: files, or names of those that are shipped; ls lists these']],
    group: PROOFS,
    summary: 'Tell stories in prose, in virtual time or on real nodes, and check that each goes as written (exit 5 when not).',
    options: [
      opt('--live', 'on real processes: a fresh cluster, or the one that --cluster names'),
      opt('--nodes <count>', 'so many nodes instead of what the story says'),
      opt('--speed <factor>', 'pause for reading; 2 is twice as fast (default with --live in a terminal: 1)'),
      opt('--plain', 'with --live: print the story, do not open the console'),
      opt('--step', 'wait for Enter after what is said and after each paragraph'),
      opt('--update', 'write what was printed into the files'),
    ],
    examples: ['scenario ls', 'scenario figure-8', 'scenario figure-8 --live --step', 'scenario scenarios/*.txt --json'],
  },
  {
    name: 'torture',
    words: [],
    group: PROOFS,
    summary: 'Torture a fresh cluster of real processes with load and faults, and judge what its clients saw.',
    options: [
      opt('--seconds <seconds>', 'how long (default 60)'),
      opt('--seed <seed>', 'which faults, in which order (default: a random one)'),
      opt('--nodes <count>', 'how many nodes, 1 to 9 (default 5)'),
      opt('--faults <kinds>', 'only these: process, network, disk, power, clock, people, kill, kill-leader, rot, …'),
      opt('--clients <count>', 'clients in closed loops (default 32)'),
      opt('--rate <count>', 'operations that they try in a second, all together (default 400)'),
      opt('--least <count>', 'acknowledged a second before and after each fault, or the run fails (default 200)'),
      opt('--console', 'look on in the console, on the view Checks; q ends the run'),
      opt('--keep', 'keep the data and the logs of the nodes (kept anyway when something is wrong)'),
      opt('--out <dir>', 'where report, history and events go (default: a new folder for temporary files)'),
    ],
    examples: [
      'torture',
      'torture --console',
      'torture --seconds 600 --seed 7',
      'torture --faults kill,network --nodes 3',
      'torture --json --out torture-report',
    ],
  },
  {
    name: 'check',
    words: [['<file>', 'a history as docs/history-format.md has it; - reads standard input']],
    group: PROOFS,
    summary: 'Judge a recorded history: linearizable (exit 0), not (exit 5, with a picture), or given up (exit 1).',
    options: [
      opt('--budget <states>', 'give up after so many states (default 5000000)'),
      opt('--html <file>', 'write the picture as a page of its own too'),
      opt('--ascii', 'draw with plain characters'),
    ],
    examples: ['check history.ndjson', 'check history.ndjson --html culprit.html', 'check - --json < history.ndjson'],
  },
  {
    name: 'config',
    words: [
      ['[action]', 'get, set, unset, path or keys (default: show all)'],
      ['[name]', 'the setting'],
      ['[value]', 'its value'],
    ],
    group: PROGRAM,
    summary: 'Show or change preferences.',
    options: [],
    examples: [
      'config',
      'config theme mono',
      'config set cluster demo',
      'config unset theme',
      'config keys.undo z,Ctrl-X',
      'config keys',
    ],
  },
  {
    name: 'completion',
    words: [['<shell>', 'bash, zsh or fish']],
    group: PROGRAM,
    summary: 'Print a script that completes commands in your shell.',
    options: [],
    examples: ['completion bash >> ~/.bashrc', 'completion fish > ~/.config/fish/completions/raftkv-tui.fish'],
  },
  {
    name: 'reset',
    words: [],
    group: PROGRAM,
    summary: 'Put a terminal right after a crash of the console.',
    options: [],
    examples: ['reset'],
  },
];
