import { expect, it } from 'vitest';
import { bestReach, connectivityOf } from '../../src/commands/connectivity.ts';
import { fakeFault, fakePicture, withNode } from '../support/fake-picture.ts';

it('is the same answer until the state of a node or the faults change', () => {
  const picture = fakePicture(3);
  const [first] = [connectivityOf(picture)];
  expect(connectivityOf({ ...picture, nodes: picture.nodes.map((node) => ({ ...node, seenAt: 7 })) })).toBe(first);
  expect(bestReach(first)).toBe(3);
  const down = withNode(picture, 'n2', { state: 'down' });
  expect(bestReach(connectivityOf(down))).toBe(2);
  expect(bestReach(connectivityOf({ ...down, faults: [fakeFault(1, 'isolate n3')] }))).toBe(1);
  expect(bestReach(connectivityOf(picture))).toBe(3);
});
