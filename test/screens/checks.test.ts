/** The view of the checks on a real cluster: green while all is well, red when one node's store differs. */
import { describe, expect, it } from 'vitest';
import { nodeId } from '../../src/base/brand.ts';
import { killNode, spawnNode } from '../../src/cluster/native/process/processes.ts';
import { freshHome, ids, leaderOf } from '../process/in-home.ts';
import { PtyScreen } from '../support/pty-screen.ts';
import { startRotten } from '../support/rotten-node.ts';

const home = freshHome();

const line = (text: string, part: string): string => text.split('\n').find((each) => each.includes(part)) ?? '';

describe('the view of the checks', () => {
  it('sees promises hold, and the one that a rotten store breaks', async () => {
    const { dir } = await home.start();
    const client = await home.client();
    await client.put('first', '1');
    await killNode(dir, 'n3');
    await startRotten(dir, nodeId('n3'));
    await leaderOf(client, ids(3));
    const screen = new PtyScreen(['attach'], home.path, 120, 40);
    home.atEnd(() => screen.close());
    await screen.until((text) => text.includes('NODES 3/3') && text.includes('All hear'));
    await client.put('second', '2');
    await screen.press('9', (text) => line(text, 'state machine safety').includes('✓'));
    // The rotten node applies another value than its peers: same index, another state.
    await client.put('canary', '3');
    await screen.until((text) => line(text, 'state machine safety').includes('✗'));
    const red = await screen.until((text) => text.includes('A PROMISE IS BROKEN'));
    expect(line(red, 'state machine safety')).toContain('the same applied index is the same state');
    expect(line(red, 'election safety')).toContain('✓');
    await screen.press('5', (text) => text.includes('state-machine-safety is broken'));
    await screen.press('9', (text) => text.includes('ANSWERS'));
    // What broke stays broken, also when the store is itself again.
    await killNode(dir, 'n3');
    await spawnNode(dir, 'n3');
    await screen.until((text) => text.includes('3/3 up') && text.includes('✗ state machine safety'));
  });
});
