/** For a screen reader: what is expected of each fault when it is set, and how it came out as soon as that can be said. */
import type { ClusterEvent, ClusterPicture } from '../cluster/driver.ts';
import { forecastText } from '../commands/forecast.ts';
import { outcomeText } from '../console/outcome.ts';
import { NO_TRIALS, withTrials } from '../console/trials.ts';
import { freshOutcomes, isWatched, withTold } from '../console/update-trials.ts';

/** Some outcomes are that nothing happened: those come without a picture. */
const LOOK_MS = 500;
const MOST_EVENTS = 1_024;

export interface Predictions {
  picture(picture: ClusterPicture): void;
  event(event: ClusterEvent): void;
  stop(): void;
}

/** `wall`: milliseconds since 1970. */
export function spokenPredictions(say: (text: string) => void, wall: () => number = Date.now): Predictions {
  let trials = NO_TRIALS;
  let events: readonly ClusterEvent[] = [];
  let timer: NodeJS.Timeout | null = null;

  const look = (): void => {
    for (const { trial, outcome, verdict } of freshOutcomes(trials, events, wall())) {
      trials = withTold(trials, trial, verdict);
      say(`${outcomeText(trial, outcome)}.`);
    }
    if (timer !== null || !trials.list.some((trial) => trial.told === null && isWatched(trial, wall()))) return;
    timer = setTimeout(() => {
      timer = null;
      look();
    }, LOOK_MS);
    timer.unref();
  };

  return {
    picture: (picture) => {
      const before = trials.list;
      trials = withTrials(trials, picture, wall());
      for (const { fault, forecast } of trials.list) {
        if (!before.some((trial) => trial.fault.id === fault.id)) say(`Expected of ${fault.command}: ${forecastText(forecast)}.`);
      }
      look();
    },
    event: (event) => {
      events = [...events.slice(1 - MOST_EVENTS), event].sort((a, b) => a.time - b.time);
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
