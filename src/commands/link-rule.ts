/** What is set on one link, read from the command that set it, and written as one. */
import type { NodeId } from '../base/brand.ts';
import type { ActiveFault, ClusterAction, ClusterPicture } from '../cluster/driver.ts';
import { parseDurationRange } from './duration.ts';

export type LinkRule = Pick<ClusterAction & { type: 'link' }, 'bothWays' | 'drop' | 'delayMs' | 'duplicate'>;

export const NO_RULE: LinkRule = { bothWays: false, drop: 0, delayMs: [0, 0], duplicate: 0 };

/** The newest fault on exactly this link, in this direction; null when there is none. */
export function linkFaultOf({ faults }: Pick<ClusterPicture, 'faults'>, from: NodeId, to: NodeId): ActiveFault | null {
  const found = faults.filter(({ kind, command }) => {
    if (kind !== 'link') return false;
    const [, first, second, ...flags] = command.split(/\s+/);
    return (first === from && second === to) || (flags.includes('--both') && first === to && second === from);
  });
  return found.at(-1) ?? null;
}

/** What does not read as a rule, as in a recording of somebody else's making, does nothing. */
export function ruleOf({ command }: Pick<ActiveFault, 'command'>): LinkRule {
  const words = command.split(/\s+/);
  const after = (flag: string): string | undefined => (words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined);
  const share = (text: string | undefined): number => Math.max(0, Math.min(1, Number(text ?? 0) || 0));
  const drop = words[0] === 'cut' ? 1 : share(after('--drop'));
  return { bothWays: words.includes('--both'), drop, delayMs: delayOf(after('--delay')), duplicate: share(after('--duplicate')) };
}

function delayOf(text: string | undefined): readonly [number, number] {
  try {
    return text === undefined ? [0, 0] : parseDurationRange(text);
  } catch {
    return [0, 0];
  }
}

/** What undo makes of a link that was changed: `--delay 80ms`, `cut`; null where it ends the fault. */
export function goesBackTo({ former }: Pick<ActiveFault, 'former'>): string | null {
  if (former === undefined) return null;
  const rule = ruleOf(former);
  const text = rule.drop >= 1 && rule.delayMs[1] === 0 && rule.duplicate === 0 ? 'cut' : ruleText({ ...rule, bothWays: false });
  if (text === '') return former.command;
  return former.until === null ? text : `${text}, while its time lasts`;
}

/** `--delay 20ms --drop 10%`; empty for a rule that does nothing. */
export function ruleText({ bothWays, drop, delayMs: [least, most], duplicate }: LinkRule): string {
  const percent = (share: number): string => `${Math.round(share * 1_000) / 10}%`;
  const parts = [
    most > 0 ? `--delay ${least === most ? `${most}ms` : `${least}ms..${most}ms`}` : '',
    drop > 0 ? `--drop ${percent(drop)}` : '',
    duplicate > 0 ? `--duplicate ${percent(duplicate)}` : '',
  ].filter((part) => part !== '');
  return [...parts, ...(parts.length > 0 && bothWays ? ['--both'] : [])].join(' ');
}
