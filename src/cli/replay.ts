/** `replay FILE`: a recording in the console, or its events as lines where there is no screen. */

import type { ClusterPicture } from '../cluster/driver.ts';
import { PastDriver } from '../cluster/recording/past-driver.ts';
import type { Recording } from '../cluster/recording/recording.ts';
import { loadRecording, RecordingError } from '../cluster/recording/recording-file.ts';
import { UsageError } from '../commands/command.ts';
import { NO_METRICS, withSample } from '../console/metrics.ts';
import { NO_TRIALS, withTrials } from '../console/trials.ts';
import { eventLine } from './event-stream.ts';
import { type Invocation, writeAll } from './io.ts';
import { hasScreen, showConsole } from './open-console.ts';

export async function runReplay(invocation: Invocation): Promise<number> {
  const { io, globals, args, options } = invocation;
  const file = args[0] ?? '';
  let metrics = NO_METRICS;
  let trials = NO_TRIALS;
  const recording = await readable(file, (picture, time) => {
    metrics = withSample(metrics, picture, time);
    trials = withTrials(trials, picture, time);
  });
  const events = recording.events().map(({ event }) => event);
  if (!hasScreen(invocation) || globals.json) {
    for (const event of events) await writeAll(io.out, `${eventLine(event, options['plain'] === true)}\n`);
    return 0;
  }
  const end = recording.span?.to ?? 0;
  const driver = new PastDriver(recording.pictureAt(recording.frameAt(end)), events);
  return showConsole(invocation, driver, { replay: { recording, metrics, trials } });
}

async function readable(file: string, onPicture: (picture: ClusterPicture, time: number) => void): Promise<Recording> {
  try {
    return await loadRecording(file, onPicture);
  } catch (error) {
    if (!(error instanceof RecordingError) && !(error instanceof Error && 'code' in error)) throw error;
    throw new UsageError(`${file} cannot be replayed: ${error.message}`, {
      next: 'record save in the console writes such a file',
    });
  }
}
