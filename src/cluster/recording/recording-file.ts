/** Recordings as files: a header, then one frame a line. */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { LIMITS } from '../../base/limits.ts';
import { once } from '../../base/once.ts';
import type { ClusterPicture } from '../driver.ts';
import { Recording } from './recording.ts';

const FORMAT = 1;
const header = once(() => z.object({ raftkvRecording: z.literal(FORMAT), cluster: z.string().max(4_096), saved: z.number() }));

/** A file that is not what it should be. The message says where. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/** Writes a new file that only its owner reads: it may hold keys and values from commands. Rejects when it is there already. */
export async function saveRecording(recording: Recording, file: string, cluster: string, saved: number): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.write(`${JSON.stringify({ raftkvRecording: FORMAT, cluster, saved })}\n`);
    for (const line of recording.lines()) await handle.write(`${line}\n`);
  } finally {
    await handle.close();
  }
}

/** Hears each picture with its time, oldest first: reading them all is done once. */
type OnPicture = (picture: ClusterPicture, time: number) => void;

/** Rejects with a RecordingError, or with the system's error when the file cannot be read. */
export async function loadRecording(file: string, onPicture: OnPicture = () => {}): Promise<Recording> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size > LIMITS.recordingFileBytes)
      throw new RecordingError(`the file has ${size} bytes; at most ${LIMITS.recordingFileBytes} are read`);
    return parseRecording((await handle.readFile()).toString('utf8'), onPicture);
  } finally {
    await handle.close();
  }
}

/** Throws a RecordingError that names the line. A torn last line, as after a full disk, is left out. */
export function parseRecording(text: string, onPicture: OnPicture = () => {}): Recording {
  const [first = '', ...lines] = text.split('\n');
  if (!header().safeParse(parsedJson(first)).success) throw new RecordingError('line 1 is not the header of a recording');
  const torn = lines.pop() ?? '';
  const recording = new Recording(LIMITS.recordingFileBytes);
  for (const [i, line] of lines.entries()) readLine(recording, line, i + 2, onPicture);
  if (torn !== '' && lines.length === 0) readLine(recording, torn, 2, onPicture);
  if (recording.span === null) throw new RecordingError('the recording holds no frame');
  return recording;
}

function readLine(recording: Recording, line: string, number: number, onPicture: OnPicture): void {
  if (line.length > LIMITS.recordingLineBytes)
    throw new RecordingError(`line ${number} is over ${LIMITS.recordingLineBytes} bytes`);
  try {
    const picture = recording.read(line);
    onPicture(picture, recording.span?.to ?? 0);
  } catch (error) {
    throw new RecordingError(`line ${number} is not a frame: ${whatIsWrong(error)}`);
  }
}

function whatIsWrong(error: unknown): string {
  if (!(error instanceof z.ZodError)) return error instanceof Error ? error.message.slice(0, 200) : String(error);
  const [issue] = error.issues;
  return issue === undefined ? 'it does not fit' : `${issue.path.join('.')}: ${issue.message}`.slice(0, 200);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
