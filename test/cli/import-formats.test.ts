import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectFormat, type ImportItem, LONGEST_RECORD, readJson, readLines } from '../../src/cli/import-formats.ts';

async function collect(items: AsyncGenerator<readonly ImportItem[]>): Promise<ImportItem[]> {
  const all: ImportItem[] = [];
  for await (const batch of items) all.push(...batch);
  return all;
}

/** Cuts the bytes into pieces of the given sizes, over and over. */
async function* pieces(bytes: Uint8Array, sizes: readonly number[] = [65_536]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const lines = (text: string | Uint8Array, format: 'ndjson' | 'tsv' = 'ndjson', sizes?: number[]): Promise<ImportItem[]> =>
  collect(readLines(pieces(Buffer.from(text), sizes), format));
const json = (text: string, sizes?: number[]): Promise<ImportItem[]> => collect(readJson(pieces(Buffer.from(text), sizes)));
const short = (items: ImportItem[]): unknown[] =>
  items.map((item) => (item.type === 'record' ? [item.key, item.value] : item.message));

describe('readLines', () => {
  it('reads records with their places, whatever ends the lines', async () => {
    const items = await lines('\ufeff{"key":"a","value":"1"}\r\n\n{"key":"b","value":{"x":[1]}}\n{"key":"é","value":""}');
    expect(short(items)).toEqual([
      ['a', '1'],
      ['b', '{"x":[1]}'],
      ['é', ''],
    ]);
    expect(items.map((item) => item.line)).toEqual([1, 3, 4]);
    expect(items.at(-1)?.end).toBe(
      Buffer.byteLength('\ufeff{"key":"a","value":"1"}\r\n\n{"key":"b","value":{"x":[1]}}\n{"key":"é","value":""}'),
    );
  });

  it('names what is wrong with a line and goes on', async () => {
    const text = [
      'nonsense',
      '[1]',
      '{"key":1,"value":"x"}',
      '{"key":"","value":"x"}',
      '{"key":"k"}',
      '{"key":"\\ud800","value":"x"}',
    ];
    const items = await lines([...text, '{"key":"good","value":"x"}'].join('\n'));
    expect(items.slice(0, -1).every((item) => item.type === 'problem')).toBe(true);
    expect(short(items.slice(-1))).toEqual([['good', 'x']]);
    expect(short(await lines(Buffer.from([0xff, 0x0a, 0x61, 0x09, 0x62]), 'tsv'))).toEqual(['the line is not UTF-8', ['a', 'b']]);
  });

  it('reports a huge line without keeping it', async () => {
    const huge = Buffer.alloc(LONGEST_RECORD + 10, 97);
    const items = await lines(Buffer.concat([huge, Buffer.from('\na\tb\n')]), 'tsv', [1_000_000]);
    expect(short(items)).toEqual(['the line is too long', ['a', 'b']]);
  });

  it('reads the same however the input is cut', async () => {
    const text = '{"key":"a\\n","value":"é😀"}\r\n{"key":"b","value":"2"}\n\nbad\n{"key":"c","value":"3"}';
    const whole = await lines(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
        expect(await lines(text, 'ndjson', sizes)).toEqual(whole);
      }),
    );
  });

  it('goes on from any record to the same end', async () => {
    const text = 'a\t1\nb\t2\n\nc\t3\nd\t4\n';
    const all = await lines(text, 'tsv');
    for (const [i, item] of all.entries()) {
      const rest = readLines(pieces(Buffer.from(text).subarray(item.end)), 'tsv', { offset: item.end, line: item.line });
      expect(await collect(rest)).toEqual(all.slice(i + 1));
    }
  });
});

describe('readJson', () => {
  it('reads an object member by member, and an array of records', async () => {
    const object = '\ufeff{ "a": "1", "b" : {"x": "},{"},\n "c\\"": [1, "]"] }\n';
    const expected = [
      ['a', '1'],
      ['b', '{"x":"},{"}'],
      ['c"', '[1,"]"]'],
    ];
    expect(short(await json(object))).toEqual(expected);
    expect(short(await json(object, [1]))).toEqual(expected);
    expect(short(await json('[{"key":"a","value":"1"},{"key":"b","value":2}]', [3]))).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(await json('{}')).toEqual([]);
  });

  it.each([
    ['', ['the file ends in the middle']],
    ['{"a": 1', ['the file ends in the middle']],
    ['"text"', ['neither an object nor an array']],
    ['{"a": 1} x', [['a', '1'], 'something follows the end']],
    ['{"a": }', ['not a member of a JSON object']],
    ['{"a": 1,, "b": 2}', [['a', '1'], 'not a member of a JSON object', ['b', '2']]],
  ])('is not fooled by %j', async (text, expected) => {
    expect(short(await json(text))).toEqual(expected);
  });

  it('reads what JSON.stringify wrote', async () => {
    const members = fc.dictionary(fc.string({ minLength: 1, maxLength: 10 }), fc.string(), { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(members, fc.constantFrom(0, 2), fc.integer({ min: 1, max: 7 }), async (object, indent, size) => {
        const items = await json(JSON.stringify(object, null, indent), [size]);
        expect(short(items)).toEqual(Object.entries(object));
      }),
    );
  });
});

describe('detectFormat', () => {
  it.each([
    ['a.ndjson', '', 'ndjson'],
    ['a.jsonl', '{', 'ndjson'],
    ['a.tsv', '{', 'tsv'],
    ['a.json', '{"key":"a","value":"1"}\n{"key"', 'ndjson'],
    ['a.json', '{"a": 1}', 'json'],
    ['-', '\ufeff[{', 'json'],
    ['-', 'a\tb', 'tsv'],
    ['-', '{\n  "a": "b"', 'json'],
  ] as const)('%s beginning with %j is %s', (name, beginning, format) => {
    expect(detectFormat(name, beginning)).toBe(format);
  });
});
