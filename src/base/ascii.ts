/** Whether the bytes in [from, to) are those of ASCII characters alone: such a text is the same in UTF-8 and in Latin-1, and as long. */
export function isAscii(view: DataView, from: number, to: number): boolean {
  let all = 0;
  let at = from;
  for (; at + 4 <= to; at += 4) all |= view.getInt32(at, true);
  for (; at < to; at += 1) all |= view.getUint8(at);
  return (all & 0x8080_8080) === 0;
}
