import { describe, expect, it } from 'vitest';
import { logIndex, millis, type NodeId } from '../../src/base/brand.ts';
import { encodeCommand } from '../../src/kv/command-text.ts';
import { ReplicaWorld } from '../support/replica-world.ts';

const put = (key: string, value: string): string => encodeCommand({ type: 'put', key, value, request: null });

describe('a replica among others', () => {
  it('acknowledges a put only when a majority has it on disk', () => {
    const world = new ReplicaWorld(3);
    const leader = world.elect();
    world.syncMs = 40;
    const answer = world.propose(leader, put('a', '1'));
    world.until('an answer', () => answer.outcome !== null);
    expect(answer.outcome?.ok).toBe(true);
    const holders = world.members.filter(({ disk }) => disk.entries.some((entry) => entry.data === put('a', '1')));
    expect(holders.length).toBeGreaterThanOrEqual(2);
  });

  it('keeps every acknowledged put through a loss of power on all nodes', () => {
    const world = new ReplicaWorld(5);
    const leader = world.elect();
    const answers = Array.from({ length: 100 }, (_, i) => world.propose(leader, put(`k${i}`, `${i}`)));
    world.until('some answers', () => answers.filter((each) => each.outcome?.ok).length >= 10);
    const acknowledged = answers.flatMap((each, i) => (each.outcome?.ok ? [i] : []));
    for (const { id } of world.members) world.kill(id, false);
    for (const { id } of world.members) world.start(id);
    const next = world.elect();
    const read = world.read(next);
    world.until('a read', () => read.outcome !== null);
    expect(read.outcome).toEqual({ ok: true });
    for (const i of acknowledged) expect(world.replica(next).machine.get(`k${i}`)?.value).toBe(`${i}`);
  });

  it('replaces a killed leader long before the election timeout, since its connections close', () => {
    const world = new ReplicaWorld(3);
    const leader = world.elect();
    world.run(500);
    world.kill(leader);
    const start = world.now;
    world.until('another leader', () => world.leader() !== null);
    expect(world.now - start).toBeLessThan(400);
  });

  it('answers a linearizable read only at a node that still leads', () => {
    const world = new ReplicaWorld(3);
    const leader = world.elect();
    world.isolate(leader);
    const read = world.read(leader);
    world.until('a refusal', () => read.outcome !== null);
    expect(read.outcome).toEqual({ ok: false, error: 'NO_QUORUM' });
  });

  it('looks out for the answer to a read, and for the next one, but not while anything is written', () => {
    const world = new ReplicaWorld(3);
    const leader = world.elect();
    world.run(200);
    world.expected.length = 0;
    const read = world.read(leader);
    world.until('an answer', () => read.outcome !== null);
    expect(world.expected[0]).toBe('answer');
    expect(world.expected.at(-1)).toBe('request');
    world.expected.length = 0;
    const write = world.propose(leader, put('a', '1'));
    world.until('an answer', () => write.outcome !== null);
    expect(world.expected).toEqual([]);
  });

  it('never calls an abandoned proposal definite: it may commit once the partition heals', () => {
    const world = new ReplicaWorld(3);
    const leader = world.elect();
    world.isolate(leader);
    const answer = world.propose(leader, put('a', '1'), 600);
    world.until('an answer', () => answer.outcome !== null);
    expect(answer.outcome).toEqual({ ok: false, error: 'UNKNOWN_OUTCOME' });
  });

  it('gives up a read long before its deadline when no majority confirms it', () => {
    const world = new ReplicaWorld(3);
    const leader = world.elect();
    world.isolate(leader);
    const read = world.read(leader, 600_000);
    world.until('a refusal', () => read.outcome !== null, 5_000);
  });

  it('gives up on proposals soon after it was deposed, whatever their deadline', () => {
    const world = new ReplicaWorld(3);
    const leader = world.elect();
    world.isolate(leader);
    const answer = world.propose(leader, put('a', '1'), 600_000);
    world.until('an answer', () => answer.outcome !== null, 5_000);
    expect(answer.outcome).toEqual({ ok: false, error: 'UNKNOWN_OUTCOME' });
  });

  it('answers at the deadline though it still leads, when the disks are slow', () => {
    const world = new ReplicaWorld(3);
    const leader = world.elect();
    world.syncMs = 10_000;
    const answer = world.propose(leader, put('a', '1'), 300);
    world.until('an answer', () => answer.outcome !== null, 500);
    expect(world.replica(leader).coreStatus().role).toBe('leader');
  });

  it('answers a read only when everything it must see is applied', () => {
    // Alone, so that no round trip to a majority gives it the time it needs.
    const world = new ReplicaWorld(1);
    const first = world.elect();
    const answers = Array.from({ length: 3_000 }, (_, i) => world.propose(first, put(`k${i}`, `${i}`)));
    world.until('all answers', () => answers.every((each) => each.outcome !== null));
    world.kill(first, false);
    world.start(first);
    const replica = world.replica(world.elect());
    let seen: number | null = null;
    replica.read(millis(world.now + 5_000), () => {
      seen = replica.machine.size;
    });
    world.until('a read', () => seen !== null);
    expect(seen).toBe(3_000);
  });

  it('learns from its successor that its entry definitely did not happen', () => {
    const outcomes = Array.from({ length: 30 }, (_, seed) => {
      const world = new ReplicaWorld(3, seed);
      const old = world.elect();
      world.isolate(old);
      const answer = world.propose(old, put('a', 'lost'), 600_000);
      world.until('another leader', () => world.leader() !== old);
      const rival = world.propose(world.elect(), put('a', 'kept'));
      world.until('a commit', () => rival.outcome !== null);
      world.cut.clear();
      world.until('an answer', () => answer.outcome !== null);
      return answer.outcome?.ok === false ? answer.outcome.error : 'applied';
    });
    // Whoever hears of its successor in time is told for certain; the others have been told that they cannot know.
    expect([...new Set(outcomes)].sort()).toEqual(['NOT_LEADER', 'UNKNOWN_OUTCOME']);
  });

  it('catches up with its successor and drops what it had alone', () => {
    const world = new ReplicaWorld(3);
    const old = world.elect();
    world.isolate(old);
    world.propose(old, put('a', 'lost'), 60_000);
    world.until('another leader', () => world.leader() !== old);
    const other = world.propose(world.elect(), put('a', 'kept'));
    world.until('a commit', () => other.outcome !== null);
    world.cut.clear();
    world.until('the old leader to catch up', () => world.replica(old).machine.get('a')?.value === 'kept');
  });

  /** A world in which one follower has missed so many entries; the links are mended. */
  function withOneBehind(entries: number, world = new ReplicaWorld(3)): { world: ReplicaWorld; leader: NodeId; behind: NodeId } {
    const leader = world.elect();
    const behind = world.members.map(({ id }) => id).find((id) => id !== leader) ?? leader;
    world.isolate(behind);
    for (let done = 0; done < entries; done += 2_000) {
      const answers = Array.from({ length: 2_000 }, (_, i) => world.propose(leader, put(`k${i}`, 'v'), 60_000));
      world.until('all answers', () => answers.every(({ outcome }) => outcome?.ok));
    }
    world.cut.clear();
    return { world, leader, behind };
  }

  it('leaves the processors to others while it is far behind, if it has to wait for them', () => {
    const tookMs = [0, 0.5].map((share) => {
      const { world, behind } = withOneBehind(12_000);
      const startedAt = world.now;
      world.lookMs = 0.1;
      world.waitingShare = share;
      world.until('it to catch up', () => world.replica(behind).appliedIndex > 12_000 - 4_096);
      return world.now - startedAt;
    });
    expect((tookMs[1] ?? 0) / (tookMs[0] ?? 1)).toBeGreaterThan(1.5);
  });

  it('puts its snapshot off while it leads a follower that is far behind', () => {
    const { world, leader, behind } = withOneBehind(8_000, new ReplicaWorld(3, 1, { entries: 9_000, share: 0 }));
    world.linkMs = 100;
    const heardAgo = (): number =>
      world
        .replica(leader)
        .coreStatus()
        .peers.find(({ id }) => id === behind)?.heardAgoMs ?? Number.POSITIVE_INFINITY;
    world.until('its first answer', () => heardAgo() < 50);
    const more = Array.from({ length: 3_000 }, (_, i) => world.propose(leader, put(`m${i}`, 'v'), 60_000));
    world.until('all answers', () => more.every(({ outcome }) => outcome?.ok));
    expect(world.replica(leader).appliedIndex - world.replica(behind).appliedIndex).toBeGreaterThan(4_096);
    expect(world.snapshotsBegun.has(leader)).toBe(false);
    world.until('it to catch up', () => world.snapshotsBegun.has(leader));
    expect(world.replica(leader).appliedIndex - world.replica(behind).appliedIndex).toBeLessThan(4_096 + 1_024);
  });

  it('applies a retried write of one session once', () => {
    const world = new ReplicaWorld(3);
    const leader = world.elect();
    const opened = world.propose(leader, encodeCommand({ type: 'open-session' }));
    world.until('a session', () => opened.outcome !== null);
    const session = opened.outcome?.ok && opened.outcome.reply.type === 'session' ? opened.outcome.reply.session : 0;
    const data = encodeCommand({ type: 'put', key: 'a', value: '1', request: { session, sequence: 1, acknowledged: 0 } });
    const first = world.propose(leader, data);
    const second = world.propose(leader, data);
    world.until('both answers', () => first.outcome !== null && second.outcome !== null);
    expect(second.outcome?.ok && second.outcome.reply).toEqual(first.outcome?.ok && first.outcome.reply);
    expect(world.replica(leader).machine.get('a')?.version).toBe(1);
  });

  it('reaches the same state hash at the same applied index on every member', () => {
    const world = new ReplicaWorld(5, 7);
    const leader = world.elect();
    for (let i = 0; i < 2_000; i += 1) world.propose(leader, put(`k${i % 97}`, `${i}`));
    world.until('everyone to apply it', () => world.members.every(({ replica }) => (replica?.appliedIndex ?? 0) >= 2_000));
    expect(new Set(world.members.map(({ replica }) => replica?.machine.hash())).size).toBe(1);
  });

  it('serves alone in a cluster of one', () => {
    const world = new ReplicaWorld(1);
    const leader = world.elect();
    const answer = world.propose(leader, put('a', '1'));
    world.until('an answer', () => answer.outcome !== null);
    expect(world.member(leader).disk.entries.at(-1)?.data).toBe(put('a', '1'));
    expect(world.replica(leader).entries(logIndex(1), 10).length).toBe(2);
  });

  it('stops for good when its disk fails, and promises nothing any more', () => {
    const world = new ReplicaWorld(3);
    const leader = world.elect();
    world.brokenDisks.add(leader);
    const answer = world.propose(leader, put('a', '1'));
    world.until('the replica to stop', () => world.member(leader).fatal !== null);
    expect(world.member(leader).fatal?.message).toBe('EIO');
    expect(answer.outcome).toEqual({ ok: false, error: 'UNKNOWN_OUTCOME' });
    expect(world.propose(leader, put('b', '1')).outcome).toEqual({ ok: false, error: 'SHUTTING_DOWN' });
    world.until('another leader', () =>
      world.members.some(({ id, replica }) => id !== leader && replica?.coreStatus().role === 'leader'),
    );
  });

  it('counts no follower whose disk fails towards a majority', () => {
    const world = new ReplicaWorld(3);
    const leader = world.elect();
    for (const { id } of world.members) if (id !== leader) world.brokenDisks.add(id);
    const answer = world.propose(leader, put('a', '1'), 1_000);
    world.until('an answer', () => answer.outcome !== null);
    expect(answer.outcome?.ok).toBe(false);
  });

  it('refuses with OVERLOADED beyond its queue and still answers all it took', () => {
    const world = new ReplicaWorld(3);
    const leader = world.elect();
    const answers = Array.from({ length: 10_000 }, (_, i) => world.propose(leader, put(`k${i}`, 'v')));
    world.until('all answers', () => answers.every((each) => each.outcome !== null));
    const refused = answers.filter(({ outcome }) => outcome?.ok === false && outcome.error === 'OVERLOADED').length;
    const accepted = answers.filter(({ outcome }) => outcome?.ok).length;
    expect(refused).toBeGreaterThan(0);
    expect(refused + accepted).toBe(answers.length);
  });
});
