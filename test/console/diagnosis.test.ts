import { describe, expect, it } from 'vitest';
import { logIndex, nodeId } from '../../src/base/brand.ts';
import type { ClusterPicture } from '../../src/cluster/driver.ts';
import { diagnose } from '../../src/console/diagnosis.ts';
import { fakeFault, fakeLog, fakePeer, fakePicture, withNode } from '../support/fake-picture.ts';
import { scenePicture } from '../support/fake-scene.ts';

const down = (picture: ClusterPicture, ...ids: string[]): ClusterPicture =>
  ids.reduce(
    (changed, id) => ({ ...withNode(changed, id, { state: 'down' }), leader: changed.leader === id ? null : changed.leader }),
    picture,
  );

describe('the standing diagnosis', () => {
  it('says how much may fail while all is well', () => {
    expect(diagnose(fakePicture(5))).toEqual({ severity: 'info', text: 'All hear n1. 2 nodes may fail before writes stop.' });
  });

  it('names the nodes without which writes stop', () => {
    expect(diagnose(down(fakePicture(5), 'n4', 'n5'))).toEqual({
      severity: 'warn',
      text: 'One more loss of n1, n2 or n3 stops all writes.',
    });
  });

  it('counts an isolated node as lost', () => {
    expect(diagnose(scenePicture()).text).toBe('One more loss of n1, n2 or n3 stops all writes.');
  });

  it('says that writes are stopped, and what brings them back', () => {
    expect(diagnose(down(fakePicture(5), 'n3', 'n4', 'n5'))).toEqual({
      severity: 'error',
      text: 'Writes are stopped: 2 of 5 can work together, 3 are needed. Restart n3, n4 or n5.',
    });
  });

  it('points to the faults where faults are the reason', () => {
    const picture = { ...fakePicture(3), faults: [fakeFault(1, 'isolate n1,n2,n3')] };
    expect(diagnose(picture).text).toContain('H heals all faults.');
  });

  it('says who stands for election', () => {
    const picture = { ...withNode(fakePicture(5), 'n2', {}, { role: 'candidate' }), leader: null };
    expect(diagnose(picture)).toEqual({ severity: 'warn', text: 'No leader: n2 for T1 stands for election.' });
  });

  it('sees a leader on the wrong side', () => {
    const picture = { ...fakePicture(5), faults: [fakeFault(1, 'isolate n1')] };
    expect(diagnose(picture)).toEqual({
      severity: 'warn',
      text: 'n1 leads but reaches only 1 of 5: it steps down, and the others elect.',
    });
  });

  it('tells of entries that will be truncated', () => {
    const picture = withNode(fakePicture(5, [1, 1, 3], 3), 'n2', {}, fakeLog([1, 1, 2, 2], 2));
    expect(diagnose(picture).text).toBe('n2 holds 2 entries of T2 that will be truncated once it hears n1.');
  });

  it('says who repairs a log, and that too many damaged ones stop the cluster', () => {
    const one = withNode(fakePicture(5), 'n2', {}, { repairing: true });
    expect(diagnose(one)).toEqual({
      severity: 'warn',
      text: 'n2 is repairing its log: no vote until n1 has given back what was lost.',
    });
    const two = withNode(one, 'n3', {}, { repairing: true });
    expect(diagnose(two).text).toBe('n2 and n3 are repairing their logs: no votes until n1 has given back what was lost.');
    const three = { ...withNode(two, 'n1', {}, { role: 'follower', repairing: true }), leader: null };
    expect(diagnose(three)).toEqual({
      severity: 'error',
      text: 'Writes are stopped: n1, n2 and n3 lost part of their logs, and 2 whole logs cannot elect. Restore one from a backup.',
    });
  });

  it('knows the cluster of one', () => {
    expect(diagnose(fakePicture(1)).text).toBe('A single node: while it is down, nothing can be read or written.');
  });

  it('says who is behind, and the fault that is why', () => {
    const terms = Array.from({ length: 400 }, () => 1);
    const peers = [fakePeer('n2', 400), fakePeer('n3', 100)];
    const led = withNode(fakePicture(3, terms), 'n1', {}, { peers });
    const picture = withNode(led, 'n3', {}, { durableIndex: logIndex(100) });
    const nearby = { ...picture, nodes: [...picture.nodes, ...fakePicture(5, terms).nodes.slice(3)] };
    expect(diagnose(nearby).text).toBe('n3 is 300 entries behind and catches up.');
    const faults = [fakeFault(4, 'disk n3 --slow 300ms')];
    expect(diagnose({ ...nearby, faults }).text).toBe('n3 is 300 entries behind (fault 4: disk n3 --slow 300ms).');
  });

  it('names who does not hear the leader, and the fault that is why', () => {
    const alone = withNode(fakePicture(5), 'n4', {}, { leader: null, role: 'pre-candidate' });
    const cut = { ...alone, faults: [fakeFault(7, 'link n1 n4 --drop 1')] };
    expect(diagnose(cut)).toEqual({
      severity: 'warn',
      text: 'n4 does not hear n1 (fault 7: link n1 n4 --drop 1). 2 nodes may fail before writes stop.',
      short: 'n4 does not hear n1 (fault 7: link n1 n4 --drop 1). 2 more may fail.',
    });
    expect(diagnose(withNode(alone, 'n5', { state: 'down' })).text).toBe(
      'n4 does not hear n1. 1 node may fail before writes stop.',
    );
  });

  it('names who does not run, and why', () => {
    const lost = down(fakePicture(5), 'n2');
    expect(diagnose({ ...lost, faults: [fakeFault(24, 'kill n2', { kind: 'kill', nodes: [nodeId('n2')] })] })).toEqual({
      severity: 'info',
      text: 'n2 is down (fault 24: kill n2), all others hear n1. 1 more node may fail before writes stop.',
      short: 'n2 is down (fault 24: kill n2), all others hear n1. 1 more may fail.',
    });
    expect(diagnose(withNode(fakePicture(5), 'n3', {}, null)).text).toContain('n3 is starting, all others hear n1.');
  });

  it('has a sentence for a cluster that is not there', () => {
    expect(diagnose({ ...fakePicture(3), nodes: [] }).text).toBe('No node is known yet.');
    expect(diagnose(down(fakePicture(3), 'n1', 'n2', 'n3')).severity).toBe('error');
  });

  it('never throws, whoever is down, paused or leading', () => {
    for (const count of [1, 2, 3, 5, 9]) {
      for (let mask = 0; mask < 3 ** Math.min(count, 5); mask += 1) {
        const nodes = fakePicture(count).nodes.map((node, i) => ({
          ...node,
          state: (['up', 'down', 'paused'] as const)[Math.floor(mask / 3 ** i) % 3] ?? 'up',
        }));
        for (const leader of [null, nodeId('n1')]) expect(diagnose({ ...fakePicture(count), nodes, leader }).text).not.toBe('');
      }
    }
  });
});
