import { spawnSync } from 'node:child_process';
import type { Invocation } from './io.ts';

/** Leaves the alternate screen, shows the cursor, ends colours, mouse and bracketed paste; then line mode and echo. */
const RESTORE = '\x1b[?1049l\x1b[?25h\x1b[0m\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?2026l\x1b[?7h\x1b>\r\n';

export async function runReset({ io }: Invocation): Promise<number> {
  if (io.out.isTTY === true) io.out.write(RESTORE);
  if (io.input.isTTY === true) spawnSync('stty', ['sane'], { stdio: 'inherit' });
  return 0;
}
