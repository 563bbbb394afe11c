/** The few rules of protobuf's encoding that etcd's requests need: varints and length-delimited fields. */
const VARINT = 0;
const BYTES = 2;

export function varintField(number: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.from([...varint((number << 3) | VARINT), ...varint(value)]);
}

export function bytesField(number: number, content: string | Buffer): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([Buffer.from([...varint((number << 3) | BYTES), ...varint(bytes.length)]), bytes]);
}

/** Field numbers with their contents, in the order in which they come. Throws a RangeError for what is no protobuf. */
export function* fieldsOf(message: Buffer): Generator<readonly [number: number, content: number | Buffer]> {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at];
      if (byte === undefined) throw new RangeError('a varint ends too early');
      at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = readVarint();
    const kind = tag & 7;
    if (kind !== VARINT && kind !== BYTES) throw new RangeError(`wire type ${kind} is not expected`);
    const value = readVarint();
    if (kind === VARINT) {
      yield [tag >> 3, value];
    } else {
      yield [tag >> 3, message.subarray(at, at + value)];
      at += value;
    }
  }
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}
