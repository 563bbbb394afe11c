/** What was checked, as a line of a recording holds it: numbers and verdicts; what the promises say is known. */
import { z } from 'zod';
import { once } from '../../base/once.ts';
import { timelineLines } from '../../check/timeline.ts';
import { PROMISES } from '../../raft/promises.ts';
import { count } from '../../wire/fields.ts';
import type { ChecksPicture, PromiseCheck } from '../driver.ts';

/** Numbers alone are worth no more than so many lines. */
const EVERY_MS = 1_000;
const DRAWN_CELLS = 116;
const MOST_DRAWN = 200;
const MOST_DETAIL = 4_000;

/** A promise that this version does not know is left out. */
export const recordedChecks = once(() => {
  const detail = z.string().max(MOST_DETAIL).nullable();
  const time = z.number().nullable();
  return z.object({
    promises: z
      .array(
        z.object({ id: z.string().max(64), state: z.enum(['holds', 'broken', 'not-yet']), checked: count, lastAt: time, detail }),
      )
      .max(64),
    coverage: z.object({ from: count, to: count, behind: count, skipped: count }),
    traffic: z.object({
      verdict: z.enum(['none', 'linearizable', 'not-linearizable', 'gave-up']),
      checked: count,
      waiting: count,
      leftOut: count,
      unknown: count,
      lastAt: time,
      detail,
      drawn: z.array(z.string().max(1_024)).max(MOST_DRAWN),
    }),
  });
});
export type RecordedChecks = z.infer<ReturnType<typeof recordedChecks>>;

/** Tells which checks are worth a place in the recording: each change of a verdict, and numbers beside what is written anyhow. */
export class ChecksWriter {
  #verdicts = '';
  #writtenAt = Number.NEGATIVE_INFINITY;

  /** `key`: whoever reads may begin here. `rides`: a line is written in any case. Null when there is nothing to write. */
  write(checks: ChecksPicture | null, wall: number, { key, rides }: { key: boolean; rides: boolean }): RecordedChecks | null {
    if (checks === null) return null;
    const verdicts = verdictsOf(checks);
    const due = rides && wall - this.#writtenAt >= EVERY_MS;
    if (!key && !due && verdicts === this.#verdicts) return null;
    this.#verdicts = verdicts;
    this.#writtenAt = wall;
    return recorded(checks);
  }
}

function verdictsOf({ promises, traffic }: ChecksPicture): string {
  const { verdict, checked, unknown, detail: contradiction } = traffic;
  return JSON.stringify([promises.map(({ state, detail: broken }) => [state, broken]), verdict, checked, unknown, contradiction]);
}

function recorded({ promises, coverage, traffic: { culprit, drawn, ...traffic } }: ChecksPicture): RecordedChecks {
  const lines = drawn ?? (culprit === null ? [] : timelineLines(culprit, { width: DRAWN_CELLS, ascii: true }));
  const cut = (text: string | null): string | null => text?.slice(0, MOST_DETAIL) ?? null;
  return {
    promises: promises.map(({ id, state, checked, lastAt, detail: broken }) => ({
      id,
      state,
      checked,
      lastAt,
      detail: cut(broken),
    })),
    coverage,
    traffic: {
      ...traffic,
      detail: cut(traffic.detail),
      drawn: lines.slice(0, MOST_DRAWN).map((line) => line.slice(0, 1_024)),
    },
  };
}

export function checksOf({ promises, coverage, traffic }: RecordedChecks): ChecksPicture {
  const known = promises.flatMap(({ id, ...check }): readonly PromiseCheck[] => {
    const text = PROMISES.find((promise) => promise.id === id);
    return text === undefined ? [] : [{ ...text, ...check }];
  });
  return { promises: known, coverage, traffic: { ...traffic, culprit: null } };
}
