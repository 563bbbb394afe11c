/**
 * The text of a command, as a log entry carries it: read by position, so that nothing in a key or a value needs quotes
 * or escapes of its own. Lengths count UTF-16 units.
 *
 *     p <session> <sequence> <acknowledged> <key length> <key><value>                        put
 *     d <session> <sequence> <acknowledged> <key>                                            delete
 *     c <session> <sequence> <acknowledged> <key length> <expect length> <key><expect><value>  cas; length - expects no key
 *     o                                                                                      open-session
 *
 * A caller without a session has 0 0 0.
 */
import type { Command, RequestId } from './commands.ts';

export function encodeCommand(command: Command): string {
  if (command.type === 'open-session') return 'o';
  const { type, key } = command;
  const request = requestText(command.request);
  if (type === 'put') return `p ${request} ${key.length} ${key}${command.value}`;
  if (type === 'delete') return `d ${request} ${key}`;
  const expectLength = command.expect === null ? '-' : String(command.expect.length);
  return `c ${request} ${key.length} ${expectLength} ${key}${command.expect ?? ''}${command.value}`;
}

function requestText(request: RequestId | null): string {
  return request === null ? '0 0 0' : `${request.session} ${request.sequence} ${request.acknowledged}`;
}

/**
 * Null for any text that `encodeCommand` does not write, never an exception. Sizes are not checked here: what is in the
 * log keeps its meaning when a limit changes. The value shares the text's memory, which the log holds anyway; the key is
 * a copy, since the store keeps it when the value is long replaced.
 */
export function decodeCommand(text: string): Command | null {
  if (text === 'o') return { type: 'open-session' };
  const kind = text[0];
  if (kind !== 'p' && kind !== 'd' && kind !== 'c') return null;
  if (text[1] !== ' ') return null;
  const fields = new Fields(text);
  const session = fields.number();
  const sequence = fields.number();
  const acknowledged = fields.number();
  const request = requestOf(session, sequence, acknowledged);
  if (request === undefined) return null;
  if (kind === 'd') return bodyOfDelete(fields, request);
  return kind === 'p' ? bodyOfPut(fields, request) : bodyOfCas(fields, request);
}

/** Undefined when the three numbers name neither a request nor its absence. */
function requestOf(session: number, sequence: number, acknowledged: number): RequestId | null | undefined {
  if (session === 0 && sequence === 0 && acknowledged === 0) return null;
  return session >= 1 && sequence >= 1 && acknowledged >= 0 ? { session, sequence, acknowledged } : undefined;
}

function bodyOfPut(fields: Fields, request: RequestId | null): Command | null {
  const key = fields.take(fields.number());
  const value = fields.rest();
  return key === null || key === '' || value === null ? null : { type: 'put', key: flat(key), value, request };
}

function bodyOfDelete(fields: Fields, request: RequestId | null): Command | null {
  const key = fields.rest();
  return key === null || key === '' ? null : { type: 'delete', key: flat(key), request };
}

function bodyOfCas(fields: Fields, request: RequestId | null): Command | null {
  const keyLength = fields.number();
  const absent = fields.dash();
  const expectLength = absent ? 0 : fields.number();
  const key = fields.take(keyLength);
  const expect = fields.take(expectLength);
  const value = fields.rest();
  if (key === null || key === '' || expect === null || value === null) return null;
  return { type: 'cas', key: flat(key), expect: absent ? null : expect, value, request };
}

/** A copy: a slice would keep the whole text alive, and comparing slices takes V8 three times as long. */
function flat(key: string): string {
  return [key.slice(0, 1), key.slice(1)].join('');
}

const ZERO = 0x30;
const SPACE = 0x20;
const LONGEST_NUMBER = String(Number.MAX_SAFE_INTEGER).length;

/** Walks over the fields of one text, each followed by one space. Once a field is wrong, so is all that follows. */
class Fields {
  readonly #text: string;
  #at = 2;
  #failed = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** A canonical decimal safe integer; -1 when there is none. */
  number(): number {
    const first = this.#at;
    let at = first;
    let value = 0;
    for (; at - first <= LONGEST_NUMBER; at += 1) {
      const digit = this.#text.charCodeAt(at) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    const canonical = at === first + 1 || (at > first && this.#text.charCodeAt(first) !== ZERO);
    this.#at = at + 1;
    if (canonical && this.#text.charCodeAt(at) === SPACE && Number.isSafeInteger(value)) return value;
    this.#failed = true;
    return -1;
  }

  /** Steps over `- ` if that is next. */
  dash(): boolean {
    const found = this.#text.startsWith('- ', this.#at);
    if (found) this.#at += 2;
    return found;
  }

  take(length: number): string | null {
    const end = this.#at + length;
    if (this.#failed || length < 0 || end > this.#text.length) return this.#fail();
    const taken = this.#text.slice(this.#at, end);
    this.#at = end;
    // Not so when a length cuts a character in two.
    return taken.isWellFormed() ? taken : this.#fail();
  }

  rest(): string | null {
    return this.take(this.#text.length - this.#at);
  }

  #fail(): null {
    this.#failed = true;
    return null;
  }
}

/** A command for people: `put user:42 "ann"`. Not escaped; cut to `max` characters (UTF-16 units) with an ellipsis. */
export function describeCommand(text: string, max: number, command: Command | null = decodeCommand(text)): string {
  if (command === null) return cut(`unreadable: ${text}`, max);
  switch (command.type) {
    case 'open-session':
      return cut('open session', max);
    case 'put':
      return cut(`put ${command.key} ${quoted(command.value, max)}`, max);
    case 'delete':
      return cut(`delete ${command.key}`, max);
    case 'cas': {
      const expect = command.expect === null ? 'absent' : quoted(command.expect, max >>> 2);
      return cut(`cas ${command.key} ${expect} -> ${quoted(command.value, max)}`, max);
    }
  }
}

function quoted(value: string, max: number): string {
  return `"${cut(value, max)}"`;
}

/** At most `max` units, the ellipsis included; never half a character. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, Math.max(0, max - 1));
  return `${kept.isWellFormed() ? kept : kept.slice(0, -1)}…`;
}
