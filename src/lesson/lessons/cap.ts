import type { Lesson, Part } from '../lesson.ts';
import { answerInChinese, t } from '../text.ts';

/** In the words of the outcome, for a sentence. */
function said(answer: string): 'done' | 'refused' | 'unknown' {
  return answer.startsWith('refused') || answer === 'no answer' ? 'refused' : answer.startsWith('unknown') ? 'unknown' : 'done';
}

const TWO_SIDES: Part = {
  title: t('Three and two', '三对二'),
  leader: 'n1',
  steps: [
    {
      type: 'explain',
      scene: 'links',
      text: t(
        'CAP names three wishes. Consistency: reads and writes are as if there were one copy (linearizable). Availability: every node that runs answers every request. Partition tolerance: it goes on though messages are lost. Networks do break, so the choice is between the first two, and only while they are broken.',
        'CAP 是三个愿望。一致性（C）：读写的效果就像只有一份数据（线性一致）。可用性（A）：每个存活的节点都会答复每个请求。分区容错（P）：消息丢失时仍能运行。网络总会出故障，所以真正的取舍在前两者之间，而且只在网络断开的那段时间里。',
      ),
    },
    {
      type: 'do',
      scene: 'overview',
      text: t(
        'A value to work with; then n4 and n5 are cut off from the other three.',
        '先写入一个值，再把 n4、n5 与另外三个节点隔开。',
      ),
      deeds: ['put lesson:x 1', 'wait until all agree', 'partition n4,n5 / n1,n2,n3'],
    },
    {
      type: 'ask',
      id: 'minority',
      scene: 'links',
      text: t(
        'A client reaches only n4, and asks it to write x = 2. What does n4 do?',
        '一个客户端只能连上 n4，请求写入 x = 2。n4 会怎么做？',
      ),
      choices: [
        {
          id: 'takes',
          text: t('Takes it, and merges when the link is back', '接受写入，链路恢复后再合并'),
          because: t(
            'That is how an available store (AP) works, such as Dynamo or Cassandra with weak settings. Two sides may then both have accepted a write to x.',
            '这是偏向可用性（AP）的存储的做法，例如 Dynamo，或者弱一致设置下的 Cassandra。代价是两侧可能都接受了对 x 的写入。',
          ),
        },
        {
          id: 'refuses',
          text: t('Refuses it', '拒绝'),
          because: t(
            'That is what a node without a leader does; this time it still found one.',
            '没有领导者的节点正是这样做；这一次它仍找到了领导者。',
          ),
        },
        {
          id: 'hangs',
          text: t('Keeps it until the link is back, then answers', '先留着，等链路恢复后再答复'),
          because: t(
            'Clients would hang for as long as a network is broken. A quick, definite refusal lets them go elsewhere.',
            '那样网络断多久，客户端就卡多久。迅速而明确的拒绝，才能让客户端去找别的节点。',
          ),
        },
      ],
    },
    {
      type: 'ask',
      id: 'majority',
      scene: 'links',
      text: t(
        'At the same time another client reaches n1, n2 and n3, and writes x = 3.',
        '同时，另一个能连上 n1、n2、n3 的客户端写入 x = 3。',
      ),
      choices: [
        {
          id: 'works',
          text: t('It works as always', '一切照常'),
          because: t(
            'It should: three of five are a majority. This time it did not come through, perhaps since the machine was busy.',
            '本该如此：五个中的三个就是多数派。这一次没有成功，也许是机器太忙。',
          ),
        },
        {
          id: 'refused',
          text: t('It is refused: consistency needs all five', '被拒绝：一致性需要五个节点都在'),
          because: t(
            'Consistency needs that any two groups which decide share a node. Majorities do; all five is more than needed.',
            '一致性只要求任意两个能做决定的集合有交集。多数派就满足，五个全在是多余的要求。',
          ),
        },
      ],
    },
    {
      type: 'ask',
      id: 'stale',
      scene: 'links',
      text: t(
        'A client at n4 only reads, and says that an old value will do (stale).',
        'n4 上的客户端只想读取，并声明旧值也可以（陈旧读）。',
      ),
      choices: [
        {
          id: 'old',
          text: t('It gets 1, the old value', '得到旧值 1'),
          because: t(
            'That is what n4 has, as long as the write x = 3 has not come to it.',
            '在写入 x = 3 传到 n4 之前，它手头就是这个值。',
          ),
        },
        {
          id: 'refused',
          text: t('It is refused as well', '同样被拒绝'),
          because: t(
            'Only what must be true now needs a majority. This read gives up C and keeps A: the choice is made for each read, not once for the store.',
            '只有必须此刻为真的读取才需要多数派。这次读取放弃 C、保留 A：取舍可以按每次读取来定，而不是整个存储只定一次。',
          ),
        },
      ],
    },
    {
      type: 'observe',
      scene: 'overview',
      text: t('First we wait until n4 and n5 know that they hear no leader.', '先等到 n4、n5 发现自己听不到领导者。'),
      until: ['n4,n5 are leaderless'],
      deeds: ['at n4 put lesson:x 2', 'at n4 get lesson:x', 'put lesson:x 3', 'at n4 get lesson:x --consistency stale'],
    },
    {
      type: 'compare',
      of: 'minority',
      scene: 'overview',
      text: t('The write in the minority', '少数派一侧的写入'),
      outcome: (facts) => {
        const write = facts.answer('at n4 put lesson:x 2');
        const read = facts.answer('at n4 get lesson:x');
        const ms = facts.tookMs('at n4 put lesson:x 2');
        if (write === null || read === null || ms === null) return null;
        const outcome = said(write);
        return {
          choice: outcome === 'done' ? 'takes' : outcome === 'refused' ? 'refuses' : 'hangs',
          text: t(
            `n4 answered the write after ${Math.round(ms)} ms: ${write}. A read of what is true now got: ${read}. n4 gave up availability for consistency, and said so at once: in the words of CAP this store is CP.`,
            `n4 在 ${Math.round(ms)} 毫秒后答复写入：${answerInChinese(write)}。要求此刻为真的读取得到：${answerInChinese(read)}。n4 为了一致性放弃了可用性，并且立刻说明：用 CAP 的说法，这是一个 CP 存储。`,
          ),
        };
      },
    },
    {
      type: 'compare',
      of: 'majority',
      scene: 'overview',
      text: t('The write in the majority', '多数派一侧的写入'),
      outcome: (facts) => {
        const answer = facts.answer('put lesson:x 3');
        const ms = facts.tookMs('put lesson:x 3');
        if (answer === null || ms === null) return null;
        return {
          choice: said(answer) === 'done' ? 'works' : 'refused',
          text: t(
            `It was answered ${answer} after ${Math.round(ms)} ms. For whoever reaches the majority nothing is lost: CP does not mean that the store goes down, only that nodes without a majority do not pretend.`,
            `${Math.round(ms)} 毫秒后答复：${answerInChinese(answer)}。对能连上多数派的客户端来说，什么都没有失去：CP 并不意味着存储停摆，只是没有多数派的节点不会假装自己能行。`,
          ),
        };
      },
    },
    {
      type: 'compare',
      of: 'stale',
      scene: 'overview',
      text: t('The stale read', '陈旧读'),
      outcome: (facts) => {
        const answer = facts.answer('at n4 get lesson:x --consistency stale');
        if (answer === null) return null;
        return {
          choice: answer === '"1"' ? 'old' : answer === 'no answer' ? 'refused' : null,
          text: t(
            `n4 answered ${answer}, while x is 3 on the other side. Available, and not consistent: for this one read the choice was the other one, and it was the client's to make.`,
            `n4 答复 ${answer}，而另一侧的 x 已经是 3。可用，但不一致：这一次读取做了相反的取舍，而且由客户端自己决定。`,
          ),
        };
      },
    },
  ],
};

const NO_MAJORITY: Part = {
  title: t('No majority anywhere', '哪里都没有多数派'),
  leader: 'n1',
  steps: [
    {
      type: 'ask',
      id: 'nobody',
      scene: 'links',
      text: t(
        'Now the five fall into three groups: n1 and n2, n3 and n4, and n5 alone. All five run. Who takes writes?',
        '这一次五个节点分成三组：n1 和 n2、n3 和 n4、n5 单独一组。五个进程都在运行。谁能接受写入？',
      ),
      choices: [
        {
          id: 'leader',
          text: t('n1 and n2: n1 leads already', 'n1 和 n2：n1 本来就是领导者'),
          because: t(
            'n1 may try for a moment, but commits nothing: two disks of five. After an election timeout without a majority it steps down.',
            'n1 可以尝试片刻，但什么也提交不了：五块磁盘里只有两块。一个选举超时内得不到多数派回应，它就会退位。',
          ),
        },
        {
          id: 'pairs',
          text: t('Both pairs, each for itself', '两个两节点的组各自接受'),
          because: t(
            'Then there would be two truths. Three of five is the smallest group of which no two can exist side by side.',
            '那样就会有两个真相。五个中的三个，是不可能同时存在两组的最小规模。',
          ),
        },
        {
          id: 'nobody',
          text: t('Nobody', '没有'),
          because: t(
            'So the rule says; this time a write was acknowledged before the cut had its effect.',
            '规则就是这样；这一次在分区生效之前，写入已经得到确认。',
          ),
        },
      ],
    },
    {
      type: 'do',
      scene: 'overview',
      text: t(
        'The cut, and a write that may go to any of them; it has five seconds.',
        '设置分区，再尝试写入任何一个节点，限时五秒。',
      ),
      deeds: ['partition n1,n2 / n3,n4 / n5', 'wait until all are leaderless', 'put lesson:x 4'],
    },
    {
      type: 'compare',
      of: 'nobody',
      scene: 'overview',
      text: t('Who took the write', '谁接受了写入'),
      outcome: (facts) => {
        const answer = facts.answer('put lesson:x 4');
        if (answer === null) return null;
        const led = facts.leaderAfter('partition n1,n2');
        return {
          choice: said(answer) === 'done' ? 'leader' : 'nobody',
          text: t(
            `The write ended with: ${answer}. ${led === null ? 'Nobody came to lead' : `${led.node} came to lead`} while the groups were apart. All five processes run, and the cluster as a whole is down for writes: it counts majorities, not machines.`,
            `写入的结果：${answerInChinese(answer)}。分组期间${led === null ? '没有节点成为领导者' : ` ${led.node} 成为领导者`}。五个进程都在运行，但整个集群无法写入：它看的是多数派，而不是机器数量。`,
          ),
        };
      },
    },
    {
      type: 'guess',
      id: 'recovers',
      scene: 'overview',
      text: t(
        'All links are about to come back. After how many milliseconds will a write be acknowledged again?',
        '所有链路即将恢复。多少毫秒之后，写入又能得到确认？',
      ),
      unit: t('ms', '毫秒'),
      most: 60_000,
    },
    {
      type: 'do',
      scene: 'overview',
      text: t('All heals, and a write is tried at once.', '恢复全部链路，并立刻尝试写入。'),
      deeds: ['heal', 'put lesson:x 5'],
    },
    {
      type: 'compare',
      of: 'recovers',
      scene: 'events',
      text: t('How long it took', '用了多久'),
      outcome: (facts) => {
        const healed = facts.deed('heal');
        const written = facts.deed('put lesson:x 5');
        const led = facts.leaderAfter('heal');
        if (healed === null || written === null || led === null) return null;
        const ms = Math.max(1, Math.round(written.to - healed.to));
        return {
          choice: null,
          value: ms,
          text: t(
            `${ms} ms after the heal the write was answered ${written.lines.join(' ')}; ${led.node} led term ${led.term} after ${facts.untilLeader('heal') ?? 0} ms. No repair, no merge, nobody at the keyboard: some timer ended, a majority heard the candidate, and all went on from the same log.`,
            `恢复 ${ms} 毫秒后，写入得到答复 ${written.lines.join(' ')}；其中 ${facts.untilLeader('heal') ?? 0} 毫秒后 ${led.node} 成为任期 ${led.term} 的领导者。不需要修复，不需要合并，也不需要人工介入：某个定时器到期，多数派听到了候选人，一切从同一份日志继续。`,
          ),
        };
      },
    },
  ],
};

export const CAP: Lesson = {
  name: 'cap',
  title: t('CAP in practice', 'CAP 实践'),
  summary: t(
    'What is given up while a network is broken: by whom, for whom, and for how long.',
    '网络断开时放弃的是什么：谁放弃、对谁而言、持续多久。',
  ),
  nodes: 5,
  minutes: 7,
  parts: [TWO_SIDES, NO_MAJORITY],
};
