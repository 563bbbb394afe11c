/** The rules for disks and clocks behind a fault, and its command as one would type it. */
import type { NodeId } from '../../../base/brand.ts';
import { type DiskEffect, type FaultPlan, NO_FAULTS } from '../../../fault/plan.ts';
import type { ClusterAction } from '../../driver.ts';

export type DiskAction = Extract<ClusterAction, { readonly type: 'disk' }>;
export type ClockAction = Extract<ClusterAction, { readonly type: 'clock' }>;

export function nodeRules(action: DiskAction | ClockAction, until: number | null): FaultPlan {
  const each = <T>(effect: T): readonly (T & { readonly node: NodeId; readonly until: number | null })[] =>
    action.nodes.map((node) => ({ node, ...effect, until }));
  if (action.type === 'disk') return { ...NO_FAULTS, disks: each(action.effect) };
  return { ...NO_FAULTS, clocks: each({ rate: action.rate, offsetMs: action.offsetMs }) };
}

export function nodeCommand(action: DiskAction | ClockAction): string {
  const words = action.type === 'disk' ? diskWords(action.effect) : clockWords(action);
  return [action.type, action.nodes.join(','), ...words].join(' ');
}

function diskWords({ slowMs: [least, most], hang, full, fail }: DiskEffect): readonly string[] {
  return [
    most > 0 ? `--slow ${least === most ? `${most}ms` : `${least}ms..${most}ms`}` : '',
    hang ? '--hang' : '',
    full ? '--full' : '',
    fail === null ? '' : `--fail ${fail}`,
  ].filter((word) => word !== '');
}

function clockWords({ rate, offsetMs }: ClockAction): readonly string[] {
  return [
    rate === 1 ? '' : `--rate ${rate}`,
    offsetMs === 0 ? '' : `--jump ${offsetMs % 1_000 === 0 ? `${offsetMs / 1_000}s` : `${offsetMs}ms`}`,
  ].filter((word) => word !== '');
}
