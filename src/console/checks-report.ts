import type { ChecksPicture, PromiseCheck } from '../cluster/driver.ts';
import { plural } from '../commands/wording.ts';

/** Everything about the checks in full, for a page of its own. */
export function checksReport({ promises, coverage, traffic }: ChecksPicture, picture: readonly string[]): readonly string[] {
  const { from, to, behind, skipped } = coverage;
  const entries = `Entries ${from} to ${to} were compared one by one; ${skipped} were passed over, ${behind} are to come.`;
  return [
    ...[...promises.filter(isBroken), ...promises.filter((each) => !isBroken(each))].flatMap(
      ({ id, promise, source, state, checked, detail }) => [
        `${id}: ${state === 'not-yet' ? 'nothing to compare yet' : `${state}, compared ${plural(checked, 'time')}`}`,
        `  ${promise} (${source})`,
        ...(detail === null ? [] : [`  ${detail}`]),
      ],
    ),
    '',
    entries,
    'Hashes of the whole state are compared at every 256th index, and wherever two nodes stand at the same one.',
    '',
    `This console's calls: ${traffic.verdict === 'none' ? 'none yet' : `${traffic.verdict}, ${traffic.checked} judged`}`,
    ...(traffic.detail === null ? [] : [`  ${traffic.detail}`]),
    ...(picture.length === 0 ? [] : ['', ...picture]),
  ];
}

const isBroken = ({ state }: PromiseCheck): boolean => state === 'broken';
