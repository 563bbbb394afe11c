/** Areas under a curve in Braille cells, two values wide and four steps high each (Unicode 15, chapter 21.1). Pure. */

/** Dots of the left and of the right column of a cell, from the bottom up. */
const LEFT = [0x40, 0x04, 0x02, 0x01];
const RIGHT = [0x80, 0x20, 0x10, 0x08];
const BASE = 0x2800;

/** `rows` lines, each of half as many cells as there are values; null leaves a gap. `top` is the value at the upper edge. */
export function brailleArea(values: readonly (number | null)[], rows: number, top: number): readonly string[] {
  const heights = values.map((value) => heightOf(value, rows * 4, top));
  return Array.from({ length: rows }, (_, y) => {
    const below = (rows - 1 - y) * 4;
    let line = '';
    for (let x = 0; x < heights.length; x += 2) {
      const dots = column(LEFT, (heights[x] ?? 0) - below) | column(RIGHT, (heights[x + 1] ?? 0) - below);
      line += dots === 0 ? ' ' : String.fromCodePoint(BASE + dots);
    }
    return line;
  });
}

/** The same without Braille: one value a cell, the finest step at the top of a column. */
export function plainArea(values: readonly (number | null)[], rows: number, top: number): readonly string[] {
  const heights = values.map((value) => heightOf(value, rows * 2, top));
  return Array.from({ length: rows }, (_, y) => {
    const below = (rows - 1 - y) * 2;
    return heights.map((height) => (height - below >= 2 ? '#' : height - below === 1 ? '.' : ' ')).join('');
  });
}

/** Anything above nought shows at least one dot. */
function heightOf(value: number | null, steps: number, top: number): number {
  if (value === null || value <= 0 || top <= 0) return 0;
  return Math.max(1, Math.min(steps, Math.round((value / top) * steps)));
}

function column(dots: readonly number[], height: number): number {
  return dots.slice(0, Math.max(0, Math.min(4, height))).reduce((sum, dot) => sum | dot, 0);
}

/** A round number at or above the highest value: 1, 2 or 5 times a power of ten. */
export function niceTop(values: readonly (number | null)[], least: number): number {
  const highest = Math.max(least, ...values.map((value) => value ?? 0));
  const power = 10 ** Math.floor(Math.log10(highest));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= highest) ?? highest;
}
