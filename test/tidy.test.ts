/** House rules that no linter knows: who may import whom, where time and I/O may live, how long a file may grow. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');

/** From the ground up. A file imports from its own folder and from rows below its own, never sideways. */
const ROWS: readonly (readonly string[])[] = [
  ['base'],
  ['raft', 'kv'],
  ['replica'],
  ['storage', 'wire', 'fault', 'check'],
  ['net', 'sim'],
  ['node'],
  ['cluster'],
  ['commands'],
  ['torture', 'scenario'],
  ['lesson'],
  ['console'],
  ['cli'],
];
const PURE = ['base', 'raft', 'kv', 'replica', 'wire', 'fault', 'check', 'sim'];
/** The only pure files that may use a Node module, and which: a checksum is arithmetic. */
const ALLOWED_NODE_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  'storage/record.ts': ['node:zlib'],
  'storage/snapshot-file.ts': ['node:crypto'],
  'storage/snapshot-format.ts': ['node:crypto'],
};
const STORAGE_WITH_IO = ['storage/node-disk.ts', 'storage/lock.ts'];
const MAX_LINES = 400;

interface SourceFile {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly code: string;
  readonly imports: readonly string[];
}

const files: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => {
    const text = readFileSync(join(SRC, path), 'utf8');
    return { path, folder: path.split('/')[0] ?? '', text, code: withoutComments(text), imports: importsOf(text) };
  });

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

function importsOf(text: string): string[] {
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

const rowOf = (folder: string): number => ROWS.findIndex((row) => row.includes(folder));

function offences(find: (file: SourceFile) => readonly string[]): string[] {
  return files.flatMap((file) => find(file).map((what) => `${file.path}: ${what}`));
}

describe('the house', () => {
  it('has only known rooms', () => {
    expect([...new Set(files.map(({ folder }) => folder))].filter((folder) => rowOf(folder) < 0)).toEqual([]);
  });

  it('imports only downwards', () => {
    const upward = offences((file) =>
      file.imports
        .filter((target) => target.startsWith('.'))
        .map((target) => relative(SRC, resolve(SRC, dirname(file.path), target)).split('/')[0] ?? '')
        .filter((folder) => folder !== file.folder && rowOf(folder) >= rowOf(file.folder))
        .map((folder) => `may not import ${folder}`),
    );
    expect(upward).toEqual([]);
  });

  it('keeps time, chance, promises and I/O out of the pure rooms', () => {
    const banned =
      /\bDate\b|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bperformance\.|\bprocess\.|\bPromise\b|\basync\b|\bawait\b|\bconsole\.|\bqueueMicrotask\b/g;
    const found = offences(({ path, folder, code }) =>
      PURE.includes(folder) || (folder === 'storage' && !STORAGE_WITH_IO.includes(path))
        ? [...code.matchAll(banned)].map(([word]) => word)
        : [],
    );
    expect(found).toEqual([]);
  });

  it('imports Node only where the world is touched', () => {
    const found = offences(({ path, folder, imports }) => {
      if (!PURE.includes(folder) && (folder !== 'storage' || STORAGE_WITH_IO.includes(path))) return [];
      const allowed = ALLOWED_NODE_IMPORTS[path] ?? [];
      return imports.filter((target) => target.startsWith('node:') && !allowed.includes(target));
    });
    expect(found).toEqual([]);
  });

  it('knows Ink and React only in the console, and no engine there', () => {
    const inkElsewhere = offences(({ folder, imports }) =>
      folder === 'console'
        ? []
        : imports.filter((target) => target === 'ink' || target === 'react' || target.startsWith('react/')),
    );
    const engines = offences(({ folder, imports }) =>
      folder === 'console'
        ? imports.filter((target) => /cluster\/(?!driver\.ts|recording\/)|\/(?:raft|net|node|storage|wire)\//.test(target))
        : [],
    );
    expect([...inkElsewhere, ...engines]).toEqual([]);
  });

  it(`has no file over ${MAX_LINES} lines`, () => {
    expect(offences(({ text }) => (text.split('\n').length > MAX_LINES ? [`${text.split('\n').length} lines`] : []))).toEqual([]);
  });

  it('has a short page at each door', () => {
    const rooms = ROWS.flat().filter((folder) => existsSync(join(SRC, folder)));
    const missing = rooms.filter((folder) => !existsSync(join(SRC, folder, 'README.md')));
    const long = rooms.filter(
      (folder) =>
        !missing.includes(folder) &&
        readFileSync(join(SRC, folder, 'README.md'), 'utf8')
          .trim()
          .split('\n').length > 12,
    );
    expect({ missing, long }).toEqual({ missing: [], long: [] });
  });

  it('has no file that nobody opens', () => {
    // Opened from outside the source: by the launcher, as a thread, by users' programs, by the tests of safety, by the bundler, by whoever records a history, by the writer of docs/protocol.md.
    const entries = new Set([
      'cli/main.ts',
      'cli/seed-thread.ts',
      'cluster/client/client.ts',
      'console/quick-layout.ts',
      'console/quick-line.ts',
      'console/quick-screen.ts',
      'console/quick-width.ts',
      'cluster/native/watch/traffic-thread.ts',
      'raft/invariants.ts',
      'wire/protocol-markdown.ts',
      'torture/judge-worker.ts',
    ]);
    const imported = new Set(
      files.flatMap((file) =>
        file.imports
          .filter((target) => target.startsWith('.'))
          .map((target) => relative(SRC, resolve(SRC, dirname(file.path), target))),
      ),
    );
    expect(files.map(({ path }) => path).filter((path) => !entries.has(path) && !imported.has(path))).toEqual([]);
  });

  it('draws its true picture in docs/architecture.md', () => {
    const page = readFileSync(resolve(SRC, '../docs/architecture.md'), 'utf8');
    for (const [row, folders] of ROWS.entries()) expect(page).toContain(`${String(row).padStart(2)}  ${folders.join('  ')}`);
  });
});
