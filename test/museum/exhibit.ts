/**
 * One exhibit in a process of its own: plants the bug named in argv, then lets its catcher loose. `control` is the code as
 * it is. Prints lines of JSON: how many seeds were run, and in the end the verdict.
 */
import { parseArgs } from 'node:util';
import type { Bug, Catcher } from './bug.ts';
import { BUGS } from './catalogue.ts';
import { plant } from './plant.ts';
import { failuresOf } from './unit-tests.ts';
import type { ExhibitLine, Verdict } from './verdict.ts';

const say = (line: ExhibitLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

type BySimulation = Extract<Catcher, { by: 'simulation' }>;

async function hunt(bug: Bug, most: number, searches: boolean): Promise<Verdict> {
  const { caught } = bug;
  if (caught.by === 'test') {
    const [failure] = await failuresOf(bug, [caught]);
    return { caught: failure !== undefined, seeds: null, seed: null, how: failure ?? `${caught.file} passes` };
  }
  plant(bug);
  if (caught.by === 'scenario') {
    const { scenarioDiffers } = await import('./scenarios.ts');
    const how = scenarioDiffers(caught.name);
    return { caught: how !== null, seeds: null, seed: null, how: how ?? 'it comes out as written' };
  }
  return huntBySeeds(caught, most, searches);
}

async function huntBySeeds(caught: BySimulation, most: number, searches: boolean): Promise<Verdict> {
  const { scenarioDiffers } = await import('./scenarios.ts');
  const { simulateSeed } = await import('./seeds.ts');
  const others = new Map<string, number>();
  const fails = (seed: number): string | null => {
    const failure = simulateSeed(seed, caught.nodes);
    if (failure === null || caught.breaks.test(failure.invariant)) return failure?.message ?? null;
    others.set(failure.invariant, (others.get(failure.invariant) ?? 0) + 1);
    return null;
  };
  if (caught.seed !== null && !searches) {
    const how = fails(caught.seed);
    if (how !== null) return { caught: true, seeds: 1, seed: caught.seed, how };
  }
  const story = (): string | null => (caught.scenario === undefined ? null : scenarioDiffers(caught.scenario));
  const told = searches ? null : story();
  if (told !== null) return { caught: true, seeds: caught.seed === null ? 0 : 1, seed: null, how: told };
  for (let seed = 1; seed <= most; seed += 1) {
    const how = fails(seed);
    if (how !== null) return { caught: true, seeds: seed, seed, how };
    say({ type: 'progress', seeds: seed });
  }
  const late = searches ? story() : null;
  if (late !== null) return { caught: true, seeds: most, seed: null, how: late };
  const seen = [...others].map(([what, count]) => `; ${count} times: ${what}`).join('');
  return { caught: false, seeds: most, seed: null, how: `${most} seeds pass${seen}` };
}

/** Without a bug nothing may fail: else it would prove nothing that an exhibit does. */
async function control(): Promise<Verdict> {
  const tests = BUGS.flatMap(({ caught }) => (caught.by === 'test' ? [caught] : []));
  const failed = [...(await failuresOf(null, tests))];
  const { scenarioDiffers } = await import('./scenarios.ts');
  const { simulateSeed } = await import('./seeds.ts');
  let seeds = 0;
  const ran = new Set<string>();
  for (const { caught } of BUGS) {
    const scenario = caught.by === 'scenario' ? caught.name : caught.by === 'simulation' ? caught.scenario : undefined;
    if (scenario !== undefined) failed.push(...[scenarioDiffers(scenario)].flatMap((how) => how ?? []));
    if (caught.by !== 'simulation' || caught.seed === null) continue;
    const run = `${caught.seed} with ${caught.nodes ?? 'any'} nodes`;
    if (ran.has(run)) continue;
    ran.add(run);
    const failure = simulateSeed(caught.seed, caught.nodes);
    if (failure !== null) failed.push(`seed ${caught.seed}: ${failure.message}`);
    seeds += 1;
    say({ type: 'progress', seeds });
  }
  return { caught: failed.length > 0, seeds, seed: null, how: failed.join('; ') || 'nothing fails' };
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '200' }, search: { type: 'boolean', default: false } },
});
const bug = BUGS.find(({ name }) => name === positionals[0]);
if (bug === undefined && positionals[0] !== 'control') throw new Error(`there is no exhibit ${positionals[0]}`);
say({ type: 'verdict', ...(bug === undefined ? await control() : await hunt(bug, Number(values.seeds), values.search)) });
process.exit(0);
