/** Loaded after the bug was planted: the simulator as it then is. */
import { drawOptions } from '../../src/sim/options.ts';
import { type Failure, simulate } from '../../src/sim/run.ts';

export function simulateSeed(seed: number, nodes?: number): Failure | null {
  return simulate({ options: drawOptions(seed, nodes === undefined ? {} : { nodes }) }).failure;
}
