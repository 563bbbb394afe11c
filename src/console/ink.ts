/** The only door to Ink: another renderer, or another version of it, would be let in here. */
// biome-ignore lint/performance/noBarrelFile: this file is a door on purpose
export { Box, type Key, type RenderOptions, render, useApp, useCursor, useInput, usePaste, useWindowSize } from 'ink';
