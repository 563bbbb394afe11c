import { decodeCommand, describeCommand } from '../kv/command-text.ts';
import type { Entry } from '../raft/messages.ts';
import type { LogRow } from './status.ts';

const ROW_TEXT = 120;

/** An entry for people. */
export function logRow({ index, term, kind, time, data }: Entry): LogRow {
  if (kind !== 'command') return { index, term, kind, time, text: kind, request: null };
  const command = decodeCommand(data);
  const named = command === null || command.type === 'open-session' ? null : command.request;
  const request = named === null ? null : { session: named.session, sequence: named.sequence };
  return { index, term, kind, time, text: describeCommand(data, ROW_TEXT, command), request };
}
