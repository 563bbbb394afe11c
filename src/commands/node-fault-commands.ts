/** Faults inside of nodes: their disks, clocks, event loops and power. */
import { LIMITS } from '../base/limits.ts';
import type { ClusterAction } from '../cluster/driver.ts';
import type { DiskEffect } from '../fault/plan.ts';
import { type Arguments, UsageError } from './command.ts';
import { parseDuration, parseDurationRange } from './duration.ts';
import { fault, NODES, nodesOf } from './fault-command.ts';
import { durationFlag, FOR, required, textFlag } from './flags.ts';

const disk = fault(
  {
    name: 'disk',
    summary: 'Make the disk of nodes slow, hang, full or failing.',
    params: [NODES],
    flags: [
      { name: 'slow', value: 'duration', summary: 'extra time before each write and sync, drawn anew: 20ms..80ms' },
      { name: 'hang', value: null, summary: 'no write comes back until it is healed' },
      { name: 'full', value: null, summary: 'no room: a write that needs more gets ENOSPC' },
      { name: 'fail', value: 'choice', summary: 'the next write or sync gets EIO', choices: ['write', 'sync'] },
      FOR,
    ],
    examples: ['disk leader --slow 20..80', 'disk n2 --hang --for 5s', 'disk n3 --full', 'disk n4 --fail sync'],
    needs: 'node-faults',
  },
  (context, args) => ({
    type: 'disk',
    effect: diskEffect(args),
    nodes: nodesOf(context, args),
    forMs: durationFlag(args, 'for'),
  }),
);

const clock = fault(
  {
    name: 'clock',
    summary: 'Let the clock of nodes run at a wrong rate, or set their wall clock wrong.',
    params: [NODES],
    flags: [
      {
        name: 'rate',
        value: 'number',
        summary: `seconds counted in a second, ${LIMITS.clockRateLeast} to ${LIMITS.clockRateMost}`,
      },
      { name: 'jump', value: 'duration', summary: 'how far the wall clock is ahead, or behind: 1h, -30s' },
      FOR,
    ],
    examples: ['clock n2 --rate 2 --for 10s', 'clock leader --rate 0.5', 'clock n3 --jump -1h'],
    needs: 'node-faults',
  },
  (context, args) => ({ type: 'clock', ...clockEffect(args), nodes: nodesOf(context, args), forMs: durationFlag(args, 'for') }),
);

const stall = fault(
  {
    name: 'stall',
    summary: 'Block the event loop of nodes once, as a long computation would.',
    params: [
      { ...NODES, required: true },
      { name: 'time', kind: 'duration', summary: `${LIMITS.stallLeastMs}ms to ${LIMITS.stallMostMs / 1_000}s`, required: true },
    ],
    flags: [],
    examples: ['stall leader 800ms', 'stall n2,n3 2s'],
    needs: 'node-faults',
  },
  (context, args) => ({ type: 'stall', stallMs: stallTime(required(args, 'time')), nodes: nodesOf(context, args) }),
);

const powerLoss = fault(
  {
    name: 'power-loss',
    summary: 'End nodes as a power failure does: of what was not synced any part is lost (start --operation-log).',
    params: [NODES],
    flags: [FOR],
    examples: ['power-loss n2', 'power-loss all --for 2s'],
    needs: 'power-loss',
  },
  (context, args) => ({
    type: 'power-loss',
    nodes: nodesOf(context, args),
    seed: null,
    forMs: durationFlag(args, 'for'),
  }),
);

const rot = fault(
  {
    name: 'rot',
    summary: 'Kill nodes, turn bits of their logs over, start them again; of a minority, once and for all.',
    params: [NODES],
    flags: [{ name: 'force', value: null, summary: 'also of a majority, which may lose acknowledged writes' }],
    examples: ['rot n4', 'rot minority'],
    needs: 'process-faults',
  },
  (context, args) => ({ type: 'rot', nodes: nodesOf(context, args), seed: null, force: args.flags.has('force') }),
);

export const NODE_FAULT_COMMANDS = [disk, clock, stall, powerLoss, rot];

function diskEffect(args: Arguments): DiskEffect {
  const slow = textFlag(args, 'slow');
  const fail = textFlag(args, 'fail');
  const effect: DiskEffect = {
    slowMs: slow === null ? [0, 0] : parseDurationRange(slow),
    hang: args.flags.has('hang'),
    full: args.flags.has('full'),
    fail: fail === 'write' || fail === 'sync' ? fail : null,
  };
  if (fail !== null && effect.fail === null) throw new UsageError(`--fail cannot be "${fail}"`, { next: 'write or sync' });
  if (effect.slowMs[1] > LONGEST_DELAY_MS) throw new UsageError('--slow is too long', { next: 'at most 60s' });
  if (effect.slowMs[1] > 0 || effect.hang || effect.full || effect.fail !== null) return effect;
  throw new UsageError('what should the disk do?', { next: 'add --slow 20ms..80ms, --hang, --full or --fail sync' });
}

const LONGEST_DELAY_MS = 60_000;

function clockEffect(args: Arguments): Pick<Extract<ClusterAction, { readonly type: 'clock' }>, 'rate' | 'offsetMs'> {
  const [rateText, jump] = [textFlag(args, 'rate'), textFlag(args, 'jump')];
  if (rateText === null && jump === null) {
    throw new UsageError('what should the clock do?', { next: 'add --rate 2, or --jump 1h' });
  }
  const rate = rateText === null ? 1 : /^\d*\.?\d+$/.test(rateText) ? Number(rateText) : Number.NaN;
  const { clockRateLeast, clockRateMost } = LIMITS;
  if (!(rate >= clockRateLeast && rate <= clockRateMost)) {
    throw new UsageError(`--rate cannot be "${rateText}"`, { next: `write a number from ${clockRateLeast} to ${clockRateMost}` });
  }
  const offsetMs =
    jump === null ? 0 : jump.startsWith('-') ? -parseDuration(jump.slice(1)) : parseDuration(jump.replace(/^\+/, ''));
  return { rate, offsetMs };
}

function stallTime(text: string): number {
  const ms = parseDuration(text);
  const { stallLeastMs, stallMostMs } = LIMITS;
  if (ms >= stallLeastMs && ms <= stallMostMs) return ms;
  throw new UsageError(`a stall cannot last "${text}"`, { next: `from ${stallLeastMs}ms to ${stallMostMs / 1_000}s` });
}
