/** The kinds of faults that a torture run draws from, and the names of their groups. */

export const TORTURE_GROUPS = {
  process: ['kill-leader', 'kill-follower', 'kill-minority', 'kill-all', 'pause-leader', 'pause-follower', 'stall'],
  network: [
    'isolate-leader',
    'partition-leader',
    'partition-follower',
    'ring',
    'bridge',
    'one-way',
    'loss',
    'delay',
    'duplication',
  ],
  disk: ['slow-disk', 'hung-disk', 'full-disk', 'failing-disk', 'rot'],
  power: ['power-loss', 'power-loss-all'],
  clock: ['clock-rate', 'clock-jump'],
  people: ['transfer'],
} as const;

type Group = keyof typeof TORTURE_GROUPS;
export type TortureKind = (typeof TORTURE_GROUPS)[Group][number];

export const TORTURE_KINDS: readonly TortureKind[] = Object.values(TORTURE_GROUPS).flat();

/** These make the leader lose its place: a run with one of them and without an election has tested nothing. */
export const DEPOSING: readonly TortureKind[] = [
  'kill-leader',
  'kill-all',
  'isolate-leader',
  'partition-leader',
  'transfer',
  'power-loss-all',
];

/** A third of the nodes may be damaged for good, and only while the others are whole; these come alone. */
export const ALONE: readonly TortureKind[] = ['rot', 'kill-all', 'power-loss-all'];

/** Kinds by name, by group, or by what their names begin with (`kill`), with commas between. Null names what is none. */
export function kindsNamed(text: string): { readonly kinds: readonly TortureKind[] } | { readonly unknown: string } {
  const kinds = new Set<TortureKind>();
  for (const word of text.split(',').map((each) => each.trim())) {
    const found = TORTURE_KINDS.filter((kind) => kind === word || groupOf(kind) === word || kind.startsWith(`${word}-`));
    if (found.length === 0) return { unknown: word };
    for (const kind of found) kinds.add(kind);
  }
  return { kinds: TORTURE_KINDS.filter((kind) => kinds.has(kind)) };
}

function groupOf(wanted: TortureKind): string | undefined {
  return Object.entries(TORTURE_GROUPS).find(([, kinds]) => kinds.some((kind) => kind === wanted))?.[0];
}
