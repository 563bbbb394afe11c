/** `replay FILE`: a recording in the console, or its events as lines where there is no screen. */
import { PastDriver } from '../cluster/recording/past-driver.ts';
import type { Recording } from '../cluster/recording/recording.ts';
import { loadRecording, RecordingError } from '../cluster/recording/recording-file.ts';
import { UsageError } from '../commands/command.ts';
import { eventLine } from './event-stream.ts';
import { type Invocation, writeAll } from './io.ts';
import { hasScreen, showConsole } from './open-console.ts';

export async function runReplay(invocation: Invocation): Promise<number> {
  const { io, globals, args, options } = invocation;
  const file = args[0] ?? '';
  const recording = await readable(file);
  const events = recording.events().map(({ event }) => event);
  if (!hasScreen(invocation) || globals.json) {
    for (const event of events) await writeAll(io.out, `${eventLine(event, options['plain'] === true)}\n`);
    return 0;
  }
  const end = recording.span?.to ?? 0;
  const driver = new PastDriver(recording.pictureAt(recording.frameAt(end)), events);
  return showConsole(invocation, driver, { replay: recording });
}

async function readable(file: string): Promise<Recording> {
  try {
    return await loadRecording(file);
  } catch (error) {
    if (!(error instanceof RecordingError) && !(error instanceof Error && 'code' in error)) throw error;
    throw new UsageError(`${file} cannot be replayed: ${error.message}`, {
      next: 'record save in the console writes such a file',
    });
  }
}
