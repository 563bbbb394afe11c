import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { safe } from '../../src/base/safe.ts';
import { checkHistory } from '../../src/check/check.ts';
import type { Operation } from '../../src/check/history.ts';
import { timelineLines } from '../../src/check/timeline.ts';
import { timelinePage } from '../../src/check/timeline-html.ts';
import { get, life, mutate, put, range } from './histories.ts';

const OPTIONS = { operations: 40, processes: 5, keys: 2, unknown: 0.2, ranges: true, unique: true, revisions: true };

const disagreeing = [
  put('c1', [0, 10], 'x', '1'),
  put('c2', [5, 25], 'x', '2'),
  get('c3', [12, 20], 'x', '2'),
  get('c1', [22, 30], 'x', '1'),
];

function bad(seed: number): readonly Operation[] {
  const random = seededRandom(seed);
  let history = life(random, OPTIONS);
  for (let lie = 0; lie < 5; lie += 1) history = mutate(history, random);
  return history;
}

describe('the picture in a terminal', () => {
  it('shows who overlapped, how far an order goes, and what has no place in it', () => {
    expect(`\n${timelineLines(checkHistory(disagreeing), { width: 64, ascii: true }).join('\n')}\n`).toBe(`
c1  |----1-----|                                |====!A====|
c2  |--------------------------2---------------------------|
c3                        |----3-----|

The longest order has 3 of 4 operations, of them
  1  c1 put "x" = "1"
  2  c2 put "x" = "2"
  3  c3 get "x" -> "2"
and then "x" = "2"
No place was found for
! A  c1 get "x" -> "1"
`);
  });

  it('leaves out the keys that a range ties to it, but that the contradiction is not about', () => {
    const tied = [
      range('c9', [40, 41], {}, { kvs: ['x', 'y'].map((key) => ({ key, value: '2' })) }),
      put('c8', [0, 9], 'y', '2'),
    ];
    const lines = timelineLines(checkHistory([...disagreeing, ...tied]), { width: 80, ascii: true });
    expect(lines.filter((line) => line.includes('c8') || line.includes('"y"'))).toEqual([]);
    expect(lines).toContain('and then "x" = "2"');
  });

  it('draws nothing for a history that passes', () => {
    expect(timelineLines(checkHistory([put('c1', [0, 1], 'x', '1')]), { width: 80, ascii: false })).toEqual([]);
  });

  it('fits every width, whatever the history', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 24, max: 200 }), fc.boolean(), (seed, width, ascii) => {
        const lines = timelineLines(checkHistory(bad(seed)), { width, ascii });
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
        if (ascii) expect(lines.join('')).toMatch(/^[\x20-\x7e]*$/);
      }),
      { numRuns: 100 },
    );
  });

  it('gives an operation without an end no end', () => {
    const history = [put('c1', [0, null], 'x', '1'), get('c2', [5, 6], 'x', '1'), get('c2', [7, 8], 'x', null)];
    const [first] = timelineLines(checkHistory(history), { width: 60, ascii: true });
    expect(first).toMatch(/^c1 {2}\|-*1[-.]+\.$/);
  });
});

describe('hostile texts', () => {
  const nasty = '\x1b]52;c;evil\x07<script>alert("&")</script>\u202e"\'';
  const report = checkHistory([put(nasty, [0, 1], nasty, 'a'), get(nasty, [2, 3], nasty, nasty)]);

  it('reach no terminal', () => {
    const text = timelineLines(report, { width: 200, ascii: false }).join('');
    expect(safe(text)).toBe(text);
  });

  it('become no markup', () => {
    const page = timelinePage(report, { title: nasty, lines: [nasty] });
    for (const live of ['<script', '\x1b', '\u202e', 'alert("']) expect(page).not.toContain(live);
    expect(page).toContain('&lt;script&gt;');
    // Balanced: nothing escaped from its place.
    const names = [...page.matchAll(/<(\/?)([a-z0-9]+)/g)].filter(
      ([, , name]) => name !== 'meta' && name !== 'rect' && name !== 'line',
    );
    expect(names.filter(([, slash]) => slash === '').length).toBe(names.filter(([, slash]) => slash === '/').length);
  });
});

describe('the page', () => {
  it('stands alone and names the contradiction', () => {
    const page = timelinePage(checkHistory(disagreeing), { title: 'history.ndjson', lines: ['NOT linearizable'] });
    expect(page).not.toMatch(/<script|src=|href=|url\(|@import/);
    expect(page.match(/<rect/g)).toHaveLength(4);
    expect(page.match(/class="guilty"/g)).toHaveLength(2);
    expect(page).toContain('The longest order has 3 of 4 operations');
  });

  it('of a history that passes has the verdict and no picture', () => {
    const page = timelinePage(checkHistory([put('c1', [0, 1], 'x', '1')]), { title: 't', lines: ['linearizable'] });
    expect(page).toContain('<h1>linearizable</h1>');
    expect(page).not.toContain('<svg');
  });
});
