/** A seeded source of randomness: same seed, same draws, on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [from, to), both integers. */
  integer(from: number, to: number): number;
  /** An independent stream, so that drawing more in one place changes nothing in another. */
  fork(label: string): Random;
}

/** `seed` may be any integer; only its low 32 bits count. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  // Mulberry32: small state, full period over 2^32, good enough for timeouts, levels and schedules.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    integer: (from, to) => from + Math.floor(next() * (to - from)),
    fork: (label) => seededRandom(hash32(label, seed)),
  };
}

/** FNV-1a over the label's code units, starting from `seed`. */
export function hash32(label: string, seed = 0): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < label.length; i += 1) {
    hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}
