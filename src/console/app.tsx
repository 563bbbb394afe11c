/** The screen as an Ink element: one text, its rows ready-made. All meaning is decided before, in `frame.ts`. */
import { createElement, type ReactElement, useEffect, useSyncExternalStore } from 'react';
import type { EditKey } from '../commands/line-editor.ts';
import { Box, type Key, useApp, useCursor, useInput, usePaste, useWindowSize } from './ink.ts';
import { keysOf } from './key-input.ts';
import type { Size } from './state.ts';
import type { Store } from './store.ts';

export interface AppProps {
  readonly store: Store;
  readonly onKeys: (keys: readonly EditKey[]) => void;
  readonly onSize: (size: Size) => void;
  /** Hands out what only a mounted app has. */
  readonly onMounted: (app: MountedApp) => void;
}

export interface MountedApp {
  /** Gives the terminal back while `during` runs. */
  readonly suspend: (during: () => Promise<void>) => Promise<void>;
}

/** What Ink makes of `<Text wrap="truncate">`, less what it asks of contexts and colours: rows are painted. */
const ROWS = { style: { flexGrow: 0, flexShrink: 1, flexDirection: 'row', textWrap: 'truncate' } } as const;

export function App({ store, onKeys, onSize, onMounted }: AppProps): ReactElement {
  const { columns, rows } = useWindowSize();
  const { suspendTerminal } = useApp();
  const { setCursorPosition } = useCursor();
  const screen = useSyncExternalStore(store.subscribe, store.screen);
  useEffect(() => onSize({ columns, rows }), [columns, rows, onSize]);
  useEffect(() => onMounted({ suspend: (during) => suspendTerminal(during) }), [onMounted, suspendTerminal]);
  useInput((input: string, key: Key) => onKeys(keysOf(input, key)));
  usePaste((text: string) => onKeys([{ type: 'paste', text }]));
  setCursorPosition(screen.cursor ?? undefined);
  const lines = screen.lines.slice(0, rows);
  // One text for all rows: what React does for a row costs more than to look at all of them when one has changed.
  return (
    <Box width={columns} height={lines.length} flexDirection="column">
      {createElement('ink-text', ROWS, lines.join('\n') || ' ')}
    </Box>
  );
}
