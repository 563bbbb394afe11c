/** When the console itself fails: the terminal is the user's again, and what happened is told. */
import { expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { crashCard } from '../../src/console/crash-card.ts';
import { ConsoleBench, has } from '../support/console-bench.ts';
import { consoleState } from '../support/console-state.ts';
import { FakeDriver } from '../support/fake-driver.ts';
import { fakePicture } from '../support/fake-picture.ts';

it('gives the terminal back, leaves nobody listening, and ends with a report', async () => {
  const driver = new FakeDriver(fakePicture(3));
  let tell: (page: never) => void = () => {};
  const lessons = {
    show: (listener: (page: never) => void) => {
      tell = listener;
      return () => {};
    },
    input: () => {},
    open: async () => '',
    leave: async () => {},
  };
  const bench = new ConsoleBench(driver, 80, 24, { lessons: lessons as never });
  await bench.output.until(has('NODES 3/3'));
  driver.emit({ text: 'just before' });
  await bench.output.until(has('just before'));
  const broken = new Proxy(
    {},
    {
      get: () => {
        throw new Error('no such page');
      },
    },
  );
  tell(broken as never);
  const { exitCode, reason } = await bench.ended;
  expect(exitCode).toBe(70);
  expect(reason).toContain('met a fault of its own');
  expect(reason).toContain('no such page');
  expect(reason).toContain('just before');
  expect(bench.output.alternate).toBe(false);
  expect(driver.listeners).toBe(0);
});

it('holds nothing that a terminal would obey', () => {
  const state = consoleState();
  const told = { seq: 1, time: 0, kind: 'note', severity: 'info', fault: null } as const;
  const hostile = { ...told, text: '\x1b[2J', node: nodeId('\x9b1m') };
  const card = crashCard(new Error('\x1b]0;title\x07'), { ...state, events: { ...state.events, items: [hostile] } });
  expect(card).toContain('the last events:');
  expect(card.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  expect(crashCard('only words', null)).toContain('only words');
});
