/** What was said and answered in the shell, as rows, and how far one can look back in it. */
import { viewArea } from '../area.ts';
import { type Row, type Style, span } from '../rows.ts';
import type { ConsoleState, TranscriptEntry } from '../state.ts';
import { type Glyphs, UTF8_GLYPHS } from '../theme.ts';
import { cellsOf, foreign, wrapHanging, wrapText, wrapWords } from '../width.ts';

/** A value alone is shown whole as far as it goes on some rows; of a list each line takes one. */
const VALUE_ROWS = 12;
/** Title and prompt; what stands under the prompt has a row of its own, so that nothing moves while one types. */
const FRAME_ROWS = 2;

/** Rows of the transcript in a shell of this height. `below`: rows under the prompt. */
export function transcriptRoom(height: number, below: number): number {
  return Math.max(0, height - FRAME_ROWS - Math.max(1, below));
}

export function transcriptRows({ transcript }: Pick<ConsoleState, 'transcript'>, width: number, look: Glyphs): readonly Row[] {
  return transcript.flatMap((entry) => entryRows(entry, width, look));
}

/** One page back (1) or on (-1), as far as there is something. */
export function transcriptScrolled(state: ConsoleState, pages: 1 | -1): ConsoleState {
  const area = viewArea(state);
  const room = transcriptRoom(area.height, 0);
  const most = Math.max(0, transcriptRows(state, area.width, UTF8_GLYPHS).length - room);
  const from = Math.min(most, state.transcriptTop);
  return { ...state, transcriptTop: Math.max(0, Math.min(most, from + pages * Math.max(1, room - 1))) };
}

function entryRows(entry: TranscriptEntry, width: number, look: Glyphs): readonly Row[] {
  const said: Row = [span(entry.prompt, 'dim'), span(foreign(entry.line, width), 'bold')];
  const soFar = (entry.soFar ?? []).map((line): Row => [span(foreign(line, width))]);
  if (entry.result === null) return [said, ...soFar, [span(` ${look.ellipsis} running, Ctrl-C stops it`, 'dim')]];
  const style: Style = entry.result.exit === 0 ? 'plain' : entry.result.exit === 3 ? 'warn' : 'bad';
  const told = resultLines(entry.result, width, look);
  const lines = told.map((line): Row => [span(foreign(line, width), style)]);
  const all = [said, ...soFar, ...lines];
  return entry.result.trailer === '' ? all : [...all, [span(foreign(entry.result.trailer, width), 'dim')]];
}

function resultLines({ lines, prose }: NonNullable<TranscriptEntry['result']>, width: number, look: Glyphs): readonly string[] {
  if (prose === true) return lines.flatMap((line) => wrapHanging(foreign(line, width * 8), width, look.ellipsis));
  const [only = '', ...others] = lines;
  if (others.length > 0 || only.length <= width) return lines;
  const said = foreign(only, width * 4);
  if (said.split(' ').every((word) => cellsOf(word) <= width) && cellsOf(said) <= width * 3)
    return wrapWords(said, width, look.ellipsis);
  const rows = wrapText(foreign(only, width * (VALUE_ROWS + 1)), width, VALUE_ROWS + 1);
  return rows.length <= VALUE_ROWS ? rows : [...rows.slice(0, VALUE_ROWS), look.ellipsis];
}
