/**
 * Memory of arrays that grow for as long as a store does. What is large grows where it lies: nothing is copied, which would keep a
 * node busy for as long as it takes, and what was never written takes no memory. V8 counts none of it as a reason to collect garbage.
 */

/** Below, to copy takes less than a millisecond. */
const IN_PLACE_BYTES = 1_024 * 1_024;

/** The same bytes at the beginning of at least `bytes`, the others zero; `most` bytes are never passed. Use nothing else of `before`. */
export function grown(before: ArrayBufferLike, bytes: number, most: number): ArrayBufferLike {
  if (before instanceof SharedArrayBuffer && before.growable && before.maxByteLength >= bytes) {
    before.grow(bytes);
    return before;
  }
  const moved = bytes < IN_PLACE_BYTES ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes, { maxByteLength: most });
  new Uint8Array(moved).set(new Uint8Array(before));
  return moved;
}
