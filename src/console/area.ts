/** The room that is left for a view while a lesson stands under it. */
import { type Area, bodyHeight } from './layout.ts';
import type { Row } from './rows.ts';
import type { ConsoleState, Size } from './state.ts';
import { type Glyphs, UTF8_GLYPHS } from './theme.ts';
import { lessonPane } from './views/lesson-pane.ts';

export function paneRows({ lesson, size }: Pick<ConsoleState, 'lesson' | 'size'>, look: Glyphs): readonly Row[] {
  return lesson === null ? [] : lessonPane(lesson, size.columns, bodyHeight(size), look);
}

/** The size of the terminal less the lesson: views know no other. */
export function sizeLess({ columns, rows }: Size, pane: readonly Row[]): Size {
  return { columns, rows: rows - pane.length };
}

export function viewArea(state: Pick<ConsoleState, 'lesson' | 'size'>): Area {
  const size = sizeLess(state.size, paneRows(state, UTF8_GLYPHS));
  return { width: size.columns, height: bodyHeight(size) };
}
