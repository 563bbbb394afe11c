/** One thread of `simulate --jobs`: a seed comes in, its result goes out. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import type { Overrides } from '../sim/options.ts';
import { runSeed } from './seed-lanes.ts';

const overrides: Overrides = workerData;
const port = parentPort;
assert(port !== null, 'this file is the entry of a thread');
port.on('message', (seed: number) => port.postMessage(runSeed(seed, overrides)));
