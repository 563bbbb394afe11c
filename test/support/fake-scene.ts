/** A cluster in trouble, the same one as in the pictures of the documentation: every state of a node, a log and a link at once. */
import { millis, nodeId } from '../../src/base/brand.ts';
import type { ClusterPicture } from '../../src/cluster/driver.ts';
import { FakeDriver } from './fake-driver.ts';
import { FAKE_NOW, fakeFault, fakeLog, fakePeer, fakePicture, fakeRows, withNode } from './fake-picture.ts';

export const SCENE_TERMS: readonly number[] = Array.from({ length: 1286 }, (_, i) => (i < 1266 ? 5 : i < 1278 ? 7 : 8));

export function scenePicture(): ClusterPicture {
  let picture = fakePicture(5, SCENE_TERMS, 1284);
  const peers = [fakePeer('n2', 1286), fakePeer('n3', 1284), fakePeer('n4', 1266, { state: 'probe' }), fakePeer('n5', 1281)];
  picture = withNode(picture, 'n1', {}, { peers });
  picture = withNode(picture, 'n3', {}, fakeLog(SCENE_TERMS.slice(0, 1285), 1280));
  picture = withNode(picture, 'n4', { state: 'down' }, { ...fakeLog([...SCENE_TERMS.slice(0, 1266), 6, 6], 1266) });
  picture = withNode(
    picture,
    'n5',
    {},
    {
      ...fakeLog(SCENE_TERMS.slice(0, 1281), 1280),
      role: 'pre-candidate',
      leader: null,
      votes: { granted: [nodeId('n5')], refused: [nodeId('n2'), nodeId('n3')] },
      election: { elapsedMs: millis(350), timeoutMs: millis(700) },
    },
  );
  const faults = [
    fakeFault(1, 'kill n4', { since: FAKE_NOW - 14_000 }),
    fakeFault(2, 'link n3 n2 --delay 80ms..120ms --both', { since: FAKE_NOW - 91_000, owner: 'cli' }),
    fakeFault(3, 'isolate n5', { since: FAKE_NOW - 3_000, until: FAKE_NOW + 57_000 }),
  ];
  return { ...picture, faults };
}

/** Keys and values that would do harm, were they printed as they are. */
export const HOSTILE: readonly string[] = [
  'evil\x1b[31m red \x1b]0;title\x07',
  '\x1b]52;c;AAAA\x07 clipboard',
  '\x9b2J\x9d0;c1\x9c',
  'line\nfeed\r\ttab\b\b\x7f\0',
  'right\u202eto left\u2066 \u200b\ufeff',
  'lone \ud800 surrogate',
  'wide 漢字 한국어 and 👩‍👩‍👧 é',
];

/** The scene with a store, log rows and some history. Events come when the console listens: call `tell`. */
export function sceneDriver(): FakeDriver {
  const driver = new FakeDriver(scenePicture());
  driver.rows = fakeRows(SCENE_TERMS);
  for (let i = 0; i < 250; i += 1) {
    const value =
      i % 3 === 0
        ? `plain value ${i}`
        : JSON.stringify({ name: `Ann ${i}`, age: i % 90, tags: ['a', 'b'], home: { city: 'Oslo' } });
    driver.kv.set(`user:${String(i).padStart(5, '0')}`, value);
  }
  return driver;
}

export function tellScene(driver: FakeDriver): void {
  driver.emit({ node: nodeId('n1'), kind: 'election', text: 'stands for term 8 after 291 ms of silence' });
  driver.emit({ node: nodeId('n1'), kind: 'role', text: 'leads term 8, won 3 of 5 in 163 ms' });
  driver.emit({ node: nodeId('n4'), kind: 'process', severity: 'warn', text: 'exit by SIGKILL' });
  driver.emit({ node: null, kind: 'fault', severity: 'warn', text: 'isolate n5', fault: 3 });
  driver.emit({
    node: nodeId('n5'),
    kind: 'election',
    text: 'asks for pre-votes for term 9: n2 and n3 refuse, their leader is alive',
  });
}
