import type { ConsoleState, Severity } from './state.ts';

const FLASH_MS: Readonly<Record<Severity, number>> = { info: 4_000, warn: 8_000, error: Number.POSITIVE_INFINITY };

/** A remark for a moment; an error stays until the next key. */
export function withFlash(state: ConsoleState, text: string, severity: Severity): ConsoleState {
  return { ...state, flash: { text, severity, until: state.now + FLASH_MS[severity] } };
}

/** Without what has had its time. */
export function expire(state: ConsoleState): ConsoleState {
  const flash = state.flash !== null && state.flash.until <= state.now ? null : state.flash;
  const quitArmedUntil = state.quitArmedUntil !== null && state.quitArmedUntil <= state.now ? null : state.quitArmedUntil;
  return flash === state.flash && quitArmedUntil === state.quitArmedUntil ? state : { ...state, flash, quitArmedUntil };
}
