/**
 * Loaded into each node of a benchmark (`NODE_OPTIONS=--require`): what an event loop that is late was late for. Twice in a hundredth of a
 * second the loop reads what the kernel has counted of its own thread: time on a processor, time spent waiting for one. Each interval that
 * was late by more than LATE_MS becomes a line of JSON in PROBE_DIR: `late` in ms, of that `run` on a processor, `wait` for one, `gc` (wall)
 * in collections of garbage by kind, `faults`, pages that were touched for the first time, and `stolen`: for how long a hypervisor gave the
 * processors, all of them together, to others, as the kernel counts it, in ticks; looked at less often, so it may be from up to LOOK_MS before.
 */
'use strict';
const { appendFile, openSync, readSync } = require('node:fs');
const { PerformanceObserver, performance } = require('node:perf_hooks');

const EVERY_MS = 5;
const LATE_MS = 15;
const LOOK_MS = 100;
const TICK_MS = 10;
const KINDS = { 1: 'minor', 4: 'major', 8: 'incremental', 16: 'weak' };
/** Of /proc/…/stat, counted behind the name: pages touched for the first time. */
const FAULTS_FIELD = 7;

function watch(file) {
  const machine = openSync('/proc/stat');
  const [times, counts] = ['schedstat', 'stat'].map((name) => openSync(`/proc/${process.pid}/task/${process.pid}/${name}`));
  const room = Buffer.alloc(1_024);
  const text = (fd) => room.latin1Slice(0, readSync(fd, room, 0, room.length, 0));
  const read = () => {
    const [run, wait] = text(times).split(' ');
    const faults = Number(text(counts).split(') ')[1].split(' ')[FAULTS_FIELD]);
    return { at: performance.now(), run: Number(run) / 1e6, wait: Number(wait) / 1e6, faults };
  };
  const stolen = () => Number(text(machine).split(/ +/, 9)[8]) * TICK_MS;
  const late = [];
  let collections = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration, detail } of list.getEntries()) {
      collections.push({ from: startTime, to: startTime + duration, kind: KINDS[detail.kind] ?? 'other' });
    }
  }).observe({ entryTypes: ['gc'] });
  let before = read();
  let look = { at: before.at, stolen: stolen() };
  setInterval(() => {
    const now = read();
    const lateMs = now.at - before.at - EVERY_MS;
    if (lateMs > LATE_MS) {
      const [run, wait, faults] = [now.run - before.run, now.wait - before.wait, now.faults - before.faults];
      const at = Math.round(performance.timeOrigin + now.at);
      late.push({ from: before.at, to: now.at, line: { at, late: lateMs, run, wait, faults, stolen: stolen() - look.stolen } });
    }
    if (now.at - look.at > LOOK_MS) look = { at: now.at, stolen: stolen() };
    before = now;
  }, EVERY_MS).unref();
  const write = () => {
    // What a collection took is told a little later than it happened.
    const lines = late.splice(0).map(({ from, to, line }) => {
      const gc = {};
      for (const each of collections) {
        const shared = Math.min(to, each.to) - Math.max(from, each.from);
        if (shared > 0) gc[each.kind] = (gc[each.kind] ?? 0) + shared;
      }
      return `${JSON.stringify({ ...line, gc }, (_, value) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value))}\n`;
    });
    collections = collections.filter(({ to }) => to > performance.now() - 2_000);
    if (lines.length > 0) appendFile(file, lines.join(''), () => {});
  };
  setInterval(write, 1_000).unref();
}

// Settings of V8 to be tried, by spaces.
for (const flag of (process.env.PROBE_FLAGS ?? '').split(' ').filter(Boolean)) require('node:v8').setFlagsFromString(flag);

const id = process.argv[2] === 'node' && /([^/]+)\/node\.json$/.exec(process.argv.at(-1) ?? '');
if (id && process.env.PROBE_DIR) watch(`${process.env.PROBE_DIR}/${id[1]}.jsonl`);
