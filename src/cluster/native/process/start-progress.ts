/** What a node that does not answer yet says of its start in its log: a large store takes seconds to read. */
import { z } from 'zod';
import { STARTING } from '../../../node/node-log.ts';
import { lastLogLines } from './processes.ts';

const Line = z.looseObject({ time: z.iso.datetime(), message: z.string().startsWith(`${STARTING}: `) });

/** The words and when they were said; null when the newest line of the log is about something else. */
export async function startProgress(dir: string, id: string): Promise<{ readonly text: string; readonly at: string } | null> {
  const [line = ''] = await lastLogLines(dir, id, 1);
  try {
    const { time, message } = Line.parse(JSON.parse(line));
    return { text: message.slice(STARTING.length + 2), at: time };
  } catch {
    return null;
  }
}
