/** What a console says to its guard: one word a line. */

/** Said on standard input before it ends: all is in order, nothing is left to do. */
export const RELEASE = 'release';
/** Said when the nodes are to stay, come what may. */
export const KEEP_NODES = 'keep-nodes';
