/** A story as written: sentences, and after a line `----` what they must have printed. */
import { type Deed, parseDeed } from './deed.ts';
import { ScriptError } from './script-error.ts';
import type { Shape } from './world.ts';

export interface Sentence {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  readonly deed: Deed;
}

/** A paragraph. `expected` is null when nothing was written under it. */
export interface Block {
  readonly sentences: readonly Sentence[];
  readonly expected: readonly string[] | null;
  /** The line of its `----`, or its last. */
  readonly line: number;
}

export interface Script {
  readonly file: string;
  /** The first comment: what the story is about, in one line. */
  readonly title: string;
  readonly shape: Shape;
  readonly blocks: readonly Block[];
}

const RULE = '----';

/** Throws ScriptError with the line that cannot be understood. */
export function parseScript(file: string, text: string): Script {
  const lines = text.split(/\r?\n/);
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const sentences: Sentence[] = [];
    for (; at < lines.length && lines[at]?.trim() !== '' && lines[at] !== RULE; at += 1) {
      const sentence = parseLine(file, at + 1, lines[at]?.trim() ?? '');
      if (sentence !== null) sentences.push(sentence);
    }
    const line = at + 1;
    let expected: string[] | null = null;
    if (lines[at] === RULE) {
      const from = at + 1;
      while (at < lines.length && lines[at]?.trim() !== '') at += 1;
      expected = lines.slice(from, at);
    }
    if (sentences.length > 0) blocks.push({ sentences, expected, line });
    else if (expected !== null) throw new ScriptError(file, line, `${RULE} has no sentence above it`);
    at += 1;
  }
  return { file, title: titleOf(lines), shape: shapeOf(file, blocks), blocks };
}

function parseLine(file: string, line: number, text: string): Sentence | null {
  if (text.startsWith('#')) return null;
  return { line, text, deed: ScriptError.within(file, line, () => parseDeed(text)) };
}

function titleOf(lines: readonly string[]): string {
  const [first = ''] = lines;
  return first.startsWith('#') ? first.replace(/^#+\s*/, '') : '';
}

/** A story begins with its cluster, so that nothing before it depends on what was there. */
function shapeOf(file: string, blocks: readonly Block[]): Shape {
  const deeds = blocks.flatMap(({ sentences }) => sentences).filter(({ deed }) => deed.type !== 'say');
  const [first, ...others] = deeds;
  if (first?.deed.type !== 'cluster')
    throw new ScriptError(file, first?.line ?? 1, 'a story begins with its cluster', 'write cluster 5');
  const second = others.find(({ deed }) => deed.type === 'cluster');
  if (second !== undefined) throw new ScriptError(file, second.line, 'a story has one cluster');
  return first.deed.shape;
}

/** The text with each block's output in the place of what was expected; `outputs` in the order of the blocks. */
export function withOutputs(script: Script, text: string, outputs: readonly (readonly string[])[]): string {
  const lines = text.split(/\r?\n/);
  for (const [i, block] of [...script.blocks.entries()].reverse()) {
    const output = outputs[i] ?? [];
    const fresh = output.length === 0 ? [] : [RULE, ...output];
    if (block.expected !== null) lines.splice(block.line - 1, 1 + block.expected.length, ...fresh);
    else lines.splice(block.line - 1, 0, ...fresh);
  }
  return lines.join('\n');
}
