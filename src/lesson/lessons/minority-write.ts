import type { Lesson, Part } from '../lesson.ts';
import { answerInChinese, listed, t } from '../text.ts';

const WRONG_SIDE: Part = {
  title: t('The wrong side of a partition', '分区的少数派一侧'),
  leader: 'n1',
  steps: [
    {
      type: 'explain',
      scene: 'log',
      text: t(
        'n1 leads. A write becomes an entry in its log, n1 sends the entry to the others, and once it is on the disks of a majority (3 of 5) it is committed: only then is the client told OK. Above: [1] is a committed entry of term 1, (1) is one that is only in the log so far.',
        'n1 是领导者。一次写入先成为它日志里的一个条目，再由 n1 发送给其他节点；当条目落在多数派（5 个中的 3 个）的磁盘上，它就已提交，这时客户端才会收到 OK。上方的 [1] 是任期 1 中已提交的条目，(1) 则只在日志里、尚未提交。',
      ),
    },
    {
      type: 'do',
      scene: 'log',
      text: t('A first write, with all links whole.', '先在链路全部正常时写入一次。'),
      deeds: ['put lesson:x first', 'wait until all agree'],
    },
    {
      type: 'ask',
      id: 'told',
      scene: 'links',
      text: t(
        'Now n1 and n2 are about to be cut off from n3, n4 and n5. n1 does not know it yet. A client asks n1 to write x = lost. What will the client be told?',
        '接下来把 n1、n2 与 n3、n4、n5 隔开，而 n1 还不知道。这时一个客户端请求 n1 写入 x = lost。客户端会得到什么答复？',
      ),
      choices: [
        {
          id: 'ok',
          text: t('OK: n1 leads, and the entry is on its disk', 'OK：n1 是领导者，条目已在它的磁盘上'),
          because: t(
            'It is on two disks, n1 and n2. Had n1 said OK, a majority that knows nothing of it could have written something else.',
            '条目只在 n1、n2 两块磁盘上。如果 n1 答复 OK，对此一无所知的多数派完全可能写入别的内容。',
          ),
        },
        {
          id: 'refused',
          text: t('That it was refused, and did not happen', '明确被拒绝，没有发生'),
          because: t(
            'n1 cannot promise that: its entry is in two logs, and if the network had healed in time it would have been committed.',
            'n1 无法保证这一点：条目已经在两份日志里，如果网络及时恢复，它本来是会被提交的。',
          ),
        },
        {
          id: 'unknown',
          text: t('That nobody knows: it may have happened', '没有人知道：也许发生了，也许没有'),
          because: t(
            'That is the usual and honest answer here; this time n1 had found out before it took the write.',
            '这里通常就是这个诚实的答复；这一次 n1 在接受写入之前就已经发现了分区。',
          ),
        },
      ],
    },
    {
      type: 'do',
      scene: 'log',
      text: t(
        'The partition, and the write at n1. We wait until n2 has the entry too; the answer to the client is still open.',
        '设置分区，并在 n1 上写入。等到 n2 也拿到这个条目为止；此时客户端还没有得到答复。',
      ),
      deeds: ['partition n1,n2 / n3,n4,n5', 'begin lost: at n1 put lesson:x lost', 'wait until n2 has 2 entries'],
    },
    {
      type: 'ask',
      id: 'others',
      scene: 'log',
      text: t('n3, n4 and n5 no longer hear n1. What will they do?', 'n3、n4、n5 已经听不到 n1。它们会怎么做？'),
      choices: [
        {
          id: 'elect',
          text: t('Elect a leader among them, and take writes', '在它们之中选出领导者，并接受写入'),
          because: t(
            'Three of five are a majority, so they may; this time it had not come about when we looked.',
            '五个中的三个就是多数派，所以可以；只是这一次我们看的时候还没有完成。',
          ),
        },
        {
          id: 'wait',
          text: t('Wait until n1 is back', '等待 n1 回来'),
          because: t(
            'Then every broken cable would stop the cluster. They are a majority, and n1 can commit nothing without one of them.',
            '那样任何一根断掉的网线都会让集群停摆。它们是多数派，没有它们中的任何一个，n1 什么也提交不了。',
          ),
        },
        {
          id: 'refuse',
          text: t('Elect a leader, but refuse writes while two are missing', '选出领导者，但缺两个节点时拒绝写入'),
          because: t(
            'A majority is enough for writes, too: each later majority shares a node with it, and so knows of them.',
            '有多数派就足以写入：之后的任何多数派都与它有交集，因而知道这些写入。',
          ),
        },
      ],
    },
    {
      type: 'observe',
      scene: 'log',
      text: t(
        'The three elect a leader, and another client writes x = kept through the cluster.',
        '三个节点选出领导者，另一个客户端通过集群写入 x = kept。',
      ),
      until: ['a leader in n3,n4,n5'],
      deeds: ['let new = leader', 'put lesson:x kept'],
    },
    {
      type: 'compare',
      of: 'others',
      scene: 'log',
      text: t('What the three did', '三个节点的做法'),
      outcome: (facts) => {
        const led = facts.leaderAfter('partition');
        const answer = facts.answer('put lesson:x kept');
        if (led === null || answer === null) return null;
        const ms = facts.untilLeader('partition', 'begun') ?? 0;
        return {
          choice: answer === 'OK' ? 'elect' : 'refuse',
          text: t(
            `${led.node} led term ${led.term} ${ms} ms after the cut, and the write x = kept was answered ${answer}. Now two nodes believe in a leader of term ${led.term - 1} and three in one of term ${led.term}: two leaders, but in different terms, and only one of them can commit anything.`,
            `切断 ${ms} 毫秒后，${led.node} 成为任期 ${led.term} 的领导者，写入 x = kept 的答复是 ${answer}。此刻两个节点仍以为领导者在任期 ${led.term - 1}，另外三个在任期 ${led.term}：有两个领导者，但任期不同，而且只有一个能提交条目。`,
          ),
        };
      },
    },
    {
      type: 'observe',
      scene: 'log',
      text: t(
        'The client of n1 still waits for its answer. It has five seconds of patience, or until n1 sees that it leads nobody.',
        'n1 的客户端还在等答复。它最多等五秒，或者等到 n1 发现自己已不再领导任何人。',
      ),
      until: [],
      deeds: ['finish lost'],
    },
    {
      type: 'compare',
      of: 'told',
      scene: 'log',
      text: t('What the client was told', '客户端得到的答复'),
      outcome: (facts) => {
        const answer = facts.answer('finish lost');
        if (answer === null) return null;
        return {
          choice: answer === 'OK' ? 'ok' : answer.startsWith('refused') ? 'refused' : 'unknown',
          text: t(
            `The answer was: ${answer}. The entry stands in the logs of n1 and n2, not committed. It may still be committed later, or be overwritten. A store that answers OK or "failed" here would be guessing; a client that gets "unknown" can ask again under the same number, and it is applied at most once.`,
            `答复是：${answerInChinese(answer)}。条目在 n1、n2 的日志里，但未提交，以后可能被提交，也可能被覆盖。此时答复「成功」或「失败」都只是猜测；客户端得到「未知」后，可以用同一个请求编号重试，最多只会被应用一次。`,
          ),
        };
      },
    },
    {
      type: 'ask',
      id: 'healed',
      scene: 'log',
      text: t(
        'The partition heals. Two logs say lost, three say kept. What is x then?',
        '分区恢复。两份日志写着 lost，三份写着 kept。x 会是什么？',
      ),
      choices: [
        {
          id: 'lost',
          text: t('lost: it was written first', 'lost：它写得更早'),
          because: t(
            'First or last does not count; committed counts. Overwriting kept would break a promise that was made to a client.',
            '先后并不重要，重要的是是否已提交。如果覆盖 kept，就违背了对客户端的承诺。',
          ),
        },
        {
          id: 'kept',
          text: t('kept: it was committed, the other entry goes', 'kept：它已提交，另一个条目被丢弃'),
          because: t(
            'That is what the rules lead to: a committed entry stays. Look at the log to see what came instead.',
            '规则的结果正是如此：已提交的条目会保留。看看日志里实际是什么。',
          ),
        },
        {
          id: 'both',
          text: t('Both, for the application to merge', '两者都保留，由应用程序合并'),
          because: t(
            'Stores that take writes on both sides have to do that. Raft has one log, so there is nothing to merge.',
            '在两侧都接受写入的存储才需要这样做。Raft 只有一份日志，没有什么可合并的。',
          ),
        },
      ],
    },
    {
      type: 'do',
      scene: 'log',
      text: t('The links are whole again. Watch the logs of n1 and n2.', '恢复链路。注意 n1 和 n2 的日志。'),
      deeds: ['heal', 'wait until all agree', 'get lesson:x'],
    },
    {
      type: 'compare',
      of: 'healed',
      scene: 'log',
      text: t('What became of both', '两次写入的结局'),
      outcome: (facts) => {
        const answer = facts.answer('get lesson:x');
        const cut = facts.truncated('heal');
        if (answer === null || cut.length === 0) return null;
        const who = listed(cut);
        return {
          choice: answer === '"kept"' ? 'kept' : answer === '"lost"' ? 'lost' : null,
          text: t(
            `x is ${answer}. ${who.en} saw the newer term, became followers, and cut the entry "lost" off the end of their logs, since the leader's log has another entry at that place. Nobody had been told that it was safe, so no promise was broken.`,
            `x 是 ${answer}。${who.zh} 看到更新的任期后转为跟随者，并把日志末尾的 lost 条目截掉，因为领导者的日志在那个位置是另一个条目。没有人被告知它是安全的，所以没有违背任何承诺。`,
          ),
        };
      },
    },
  ],
};

export const MINORITY_WRITE: Lesson = {
  name: 'minority-write',
  title: t('A write in the minority', '少数派中的写入'),
  summary: t(
    'What a client may be told while nobody can know, and what becomes of its write.',
    '结果无法得知时该如何答复客户端，这次写入后来又怎样。',
  ),
  nodes: 5,
  minutes: 6,
  parts: [WRONG_SIDE],
};
