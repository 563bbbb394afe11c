/**
 * What lays out the console's screen in place of Yoga: a column of rows is all that it is, and the engine for more takes its
 * time to load and to ask. Whatever it has no method for cannot be laid out, and says so by failing.
 */

const DISPLAY_FLEX = 0;
const DISPLAY_NONE = 1;
const DIRECTION_LTR = 1;
const MEASURE_MODE_UNDEFINED = 0;
const MEASURE_MODE_EXACTLY = 1;

interface Extent {
  readonly width: number;
  readonly height: number;
}
type Measure = (width: number, widthMode: number, height: number, heightMode: number) => Extent;

/** As much of Yoga's node as Ink asks of boxes with a size and of texts in a column. */
class Node {
  readonly #children: Node[] = [];
  #measure: Measure | null = null;
  #wanted: { width: number | null; height: number | null } = { width: null, height: null };
  #display = DISPLAY_FLEX;
  #top = 0;
  #width = 0;
  #height = 0;
  /** Width for which it was measured; null when it must be measured anew. */
  #measuredFor: number | null = null;

  static create(): Node {
    return new Node();
  }

  setMeasureFunc(measure: Measure): void {
    this.#measure = measure;
  }

  unsetMeasureFunc(): void {
    this.#measure = null;
  }

  markDirty(): void {
    this.#measuredFor = null;
  }

  insertChild(child: Node, place: number): void {
    this.#children.splice(place, 0, child);
  }

  removeChild(child: Node): void {
    const place = this.#children.indexOf(child);
    if (place >= 0) this.#children.splice(place, 1);
  }

  getChildCount(): number {
    return this.#children.length;
  }

  setWidth(width: number): void {
    this.#wanted.width = width;
  }

  setHeight(height: number): void {
    this.#wanted.height = height;
  }

  setDisplay(display: number): void {
    this.#display = display;
  }

  getDisplay(): number {
    return this.#display;
  }

  /** Nothing here grows or shrinks: the rows of a screen are as many as it has. */
  setFlexGrow(): void {}
  setFlexShrink(): void {}

  calculateLayout(): void {
    this.#place(0, this.#wanted.width ?? 0);
  }

  getComputedLeft(): number {
    return 0;
  }

  getComputedTop(): number {
    return this.#top;
  }

  getComputedWidth(): number {
    return this.#width;
  }

  getComputedHeight(): number {
    return this.#height;
  }

  getComputedPadding(): number {
    return 0;
  }

  getComputedBorder(): number {
    return 0;
  }

  free(): void {}
  freeRecursive(): void {}

  /** A column stretches what has no width of its own. */
  #place(top: number, room: number): void {
    this.#top = top;
    this.#width = this.#wanted.width ?? room;
    if (this.#measure !== null) {
      if (this.#measuredFor === this.#width) return;
      this.#measuredFor = this.#width;
      this.#height = this.#measure(this.#width, MEASURE_MODE_EXACTLY, Number.NaN, MEASURE_MODE_UNDEFINED).height;
      return;
    }
    let below = 0;
    for (const child of this.#children) {
      if (child.#display === DISPLAY_NONE) continue;
      child.#place(below, this.#width);
      below += child.#height;
    }
    this.#height = this.#wanted.height ?? below;
  }
}

// biome-ignore lint/style/noDefaultExport: it stands in for a module that has one
export default { Node, DISPLAY_FLEX, DISPLAY_NONE, DIRECTION_LTR, MEASURE_MODE_UNDEFINED };
