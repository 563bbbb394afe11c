import type { Facts } from '../facts.ts';
import type { Lesson, Part } from '../lesson.ts';
import { answerInChinese, listed, t } from '../text.ts';

/** Up to (b) of the figure: a is on n1 and n2, b on n5 alone, and both writers are dead. */
const A: readonly string[] = ['partition n1,n2 / n3 / n4 / n5', 'begin a: at n1 put lesson:x a', 'wait until n2 has 1 entry'];
const B: readonly string[] = [
  'isolate n2',
  'cut n3 n4 --both',
  'link n5 n3 --delay 420ms',
  'link n5 n4 --delay 420ms',
  'kill n1',
  'end partition',
  'wait until n5 is leader',
  'begin b: at n5 put lesson:x b',
  'wait until n5 has 2 entries',
  'kill n5',
];

/** Nodes in whose logs an entry of this value stands, by the newest line of each that was printed. */
function holders(facts: Facts, show: string, value: string): readonly string[] | null {
  const lines = facts.deed(show)?.lines;
  if (lines === undefined) return null;
  return lines.filter((line) => line.includes(`lesson:x=${value}@`)).map((line) => line.split(':', 1)[0] ?? '');
}

const LOST: Part = {
  title: t('On a majority, and lost', '到了多数派，却丢失了'),
  leader: 'n1',
  steps: [
    {
      type: 'explain',
      scene: 'log',
      text: t(
        'Figure 8 of the Raft paper shows the subtlest rule: a leader counts copies only for entries of its own term. The story takes five steps, (a) to (d) and an end, and the cuts and delays make each of them happen in this order on real nodes.',
        'Raft 论文的图 8 展示了最微妙的一条规则：领导者只对自己任期的条目按副本数判断提交。故事按 (a) 到 (d) 加一个结尾展开，借助断链和延迟，让每一步都在真实节点上按这个次序发生。',
      ),
    },
    {
      type: 'do',
      scene: 'log',
      text: t(
        '(a) n1 leads and can reach only n2. Its entry x = a comes to two disks of five.',
        '(a) n1 是领导者，但只能联系到 n2。它的条目 x = a 到了五块磁盘中的两块。',
      ),
      deeds: A,
    },
    {
      type: 'explain',
      scene: 'log',
      text: t(
        'In the log view the entry is in brackets ( ) at n1 and n2: in the log only. Next comes (b): n1 dies. n5, which knows nothing of a, is elected by n3 and n4, writes x = b, and dies before b has left it: its links are slow.',
        '在日志视图里，n1 和 n2 的这个条目带圆括号 ( )，表示只在日志里。接下来是 (b)：n1 崩溃。对 a 一无所知的 n5 由 n3、n4 选为领导者，写入 x = b，并在 b 传出去之前崩溃，因为它的链路很慢。',
      ),
    },
    {
      type: 'do',
      scene: 'log',
      text: t('(b) n1 dies, n5 leads a new term, writes b, and dies.', '(b) n1 崩溃，n5 在新任期当选，写入 b，然后崩溃。'),
      deeds: B,
    },
    {
      type: 'do',
      scene: 'log',
      text: t(
        '(c) n1 comes back, is elected by n3 and n4, and brings its log to n3. Before n4 has it too, n1 dies.',
        '(c) n1 回来，由 n3、n4 选为领导者，把自己的日志带到 n3。还没等 n4 收到，n1 就崩溃了。',
      ),
      deeds: [
        'link n1 n4 --delay 420ms',
        'restart n1',
        'wait until n1 is leader',
        'wait until n3 has 2 entries',
        'kill n1',
        'show log of n2,n3',
      ],
    },
    {
      type: 'ask',
      id: 'safe',
      scene: 'log',
      text: t(
        'a is now on the disks of n1, n2 and n3: three of five. n1 led when it copied a there, though a is of an older term. Can a still be lost?',
        'a 现在位于 n1、n2、n3 的磁盘上，五个中的三个。n1 复制 a 时是领导者，不过 a 属于更旧的任期。a 还会丢失吗？',
      ),
      choices: [
        {
          id: 'safe',
          text: t('No: it is on a majority, so it is committed', '不会：它在多数派上，所以已提交'),
          because: t(
            'That is what everybody thinks at first, and why the paper has this figure. An older term loses against a newer one when logs are compared for votes, however many copies there are.',
            '大多数人一开始都这么想，论文才专门画了这张图。投票时比较的是日志：旧任期输给新任期，与副本数无关。',
          ),
        },
        {
          id: 'elected',
          text: t('No: n1 was elected by a majority before', '不会：n1 此前由多数派选出'),
          because: t(
            'Its election says that no committed entry is missing in its log. It does not make what it brings along committed.',
            '它当选说明它的日志不缺任何已提交的条目，但并不会让它带来的条目变成已提交。',
          ),
        },
        {
          id: 'lost',
          text: t('Yes: n5 has an entry of a newer term', '会：n5 有更新任期的条目'),
          because: t(
            'By the rules it can; this time somebody else than n5 was elected.',
            '按规则是可能的；这一次当选的不是 n5。',
          ),
        },
      ],
    },
    {
      type: 'do',
      scene: 'log',
      text: t(
        '(d) n3 is cut off, n5 comes back. Its last entry is of a newer term than those of n2 and n4, so they vote for it.',
        '(d) 隔离 n3，n5 回来。它最后一个条目的任期比 n2 和 n4 的更新，所以它们投票给它。',
      ),
      deeds: [
        'isolate n3',
        'end isolate n2',
        'end link n5 n3',
        'end link n5 n4',
        'restart n5',
        'wait until n2,n4,n5 agree',
        'show log of n2,n4,n5',
      ],
    },
    {
      type: 'compare',
      of: 'safe',
      scene: 'log',
      text: t('What became of a', 'a 的结局'),
      outcome: (facts) => {
        const before = holders(facts, 'show log of n2,n3', 'a');
        const after = holders(facts, 'show log of n2,n4,n5', 'a');
        const b = holders(facts, 'show log of n2,n4,n5', 'b');
        if (before === null || after === null || b === null) return null;
        const cut = listed(facts.truncated('isolate n3'));
        const had = listed(['n1', ...before]);
        const has = listed(b);
        return {
          choice: after.length === 0 ? 'lost' : 'safe',
          text:
            after.length === 0
              ? t(
                  `a was on ${had.en}; now ${has.en} have b in its place${cut.en === '' ? '' : `, and ${cut.en} cut it off`}. So a majority of copies was not enough. Had n1 called a committed in (c), a client would have been told of a write that is gone now. n1 did not: it counts copies only for its own term.`,
                  `a 曾在 ${had.zh} 上；现在 ${has.zh} 在那个位置上是 b${cut.zh === '' ? '' : `，${cut.zh} 把 a 截掉了`}。可见多数派的副本还不够。如果 n1 在 (c) 里就宣布 a 已提交，客户端就会被告知一次现已消失的写入。n1 没有这样做：它只对自己任期的条目数副本。`,
                )
              : t(
                  `a is still on ${listed(after).en}: another node than n5 was elected.`,
                  `a 仍在 ${listed(after).zh} 上：当选的不是 n5。`,
                ),
        };
      },
    },
    {
      type: 'ask',
      id: 'told',
      scene: 'log',
      text: t('What was the client of a told?', '写入 a 的客户端得到了什么答复？'),
      choices: [
        {
          id: 'ok',
          text: t('OK', 'OK，写入成功'),
          because: t(
            'That would be a broken promise: a is gone. No leader ever had a majority for it in its own term.',
            '那就违背了承诺，因为 a 已经没有了。从来没有哪个领导者在自己的任期里为它取得多数。',
          ),
        },
        {
          id: 'unknown',
          text: t('That nobody knows', '结果未知'),
          because: t('So it usually is: n1 died with the request open.', '通常如此：n1 崩溃时请求还没有结束。'),
        },
      ],
    },
    {
      type: 'do',
      scene: 'log',
      text: t('All heals, and the answers to both clients are looked at.', '恢复全部故障，看看两个客户端得到的答复。'),
      deeds: ['heal', 'wait until all agree', 'finish a', 'finish b', 'get lesson:x'],
    },
    {
      type: 'compare',
      of: 'told',
      scene: 'log',
      text: t('What was promised', '作出过的承诺'),
      outcome: (facts) => {
        const a = facts.answer('finish a');
        const b = facts.answer('finish b');
        const x = facts.answer('get lesson:x');
        if (a === null || b === null || x === null) return null;
        return {
          choice: a === 'OK' ? 'ok' : 'unknown',
          text: t(
            `a: ${a}. b: ${b}. x is ${x}. Both writers died before a majority was certain, so both clients were told the truth: unknown. One of the two writes has come true, the other never will.`,
            `a：${answerInChinese(a)}。b：${answerInChinese(b)}。x 是 ${x}。两个写入者都在得到多数派之前崩溃，所以两个客户端得到的都是实话：结果未知。其中一次写入成真，另一次永远不会了。`,
          ),
        };
      },
    },
  ],
};

const SAFE: Part = {
  title: t('The safe ending', '安全的结局'),
  leader: 'n1',
  steps: [
    {
      type: 'do',
      scene: 'log',
      text: t(
        'The same once more, up to (b): a is on n1 and n2, b on n5 alone, n1 and n5 are dead.',
        '再来一遍，直到 (b)：a 在 n1、n2 上，b 只在 n5 上，n1 和 n5 都已崩溃。',
      ),
      deeds: [...A, ...B],
    },
    {
      type: 'do',
      scene: 'log',
      text: t(
        '(e) n1 comes back and leads. This time it lives long enough to bring the first entry of its own term to a majority. Then it dies.',
        '(e) n1 回来并当选。这一次它活得够久，把自己任期的第一个条目带到了多数派，然后崩溃。',
      ),
      deeds: ['restart n1', 'wait until n1 is leader', 'wait until n1,n3,n4 agree', 'kill n1'],
    },
    {
      type: 'ask',
      id: 'wins',
      scene: 'log',
      text: t(
        'n5 comes back with its b, and all links are whole. Can it win this time?',
        'n5 带着 b 回来，链路全部正常。这一次它能当选吗？',
      ),
      choices: [
        {
          id: 'yes',
          text: t('Yes, as in (d)', '能，和 (d) 一样'),
          because: t(
            'n3 and n4 now end with an entry of a newer term than b. They refuse, and without one of them n5 has no majority.',
            'n3 和 n4 的日志末尾现在是比 b 更新任期的条目。它们会拒绝；没有其中之一，n5 就没有多数派。',
          ),
        },
        {
          id: 'no',
          text: t('No: n3 and n4 have a newer last term', '不能：n3 和 n4 末尾的任期更新'),
          because: t('By the rules it cannot; look at the log to see what happened.', '按规则不能；看看日志里发生了什么。'),
        },
      ],
    },
    {
      type: 'do',
      scene: 'events',
      text: t('n5 is started, and the cuts end.', '启动 n5，并解除断链。'),
      deeds: [
        'restart n5',
        'end isolate n2',
        'end cut n3 n4',
        'end link n5 n3',
        'end link n5 n4',
        'wait until a leader',
        'get lesson:x',
      ],
    },
    {
      type: 'compare',
      of: 'wins',
      scene: 'events',
      text: t('Who was elected', '谁当选了'),
      outcome: (facts) => {
        const led = facts.leaderAfter('restart n5');
        const x = facts.answer('get lesson:x');
        if (led === null || x === null) return null;
        return {
          choice: led.node === 'n5' ? 'yes' : 'no',
          text: t(
            `${led.node} leads term ${led.term}, and x is ${x}. When n1 had an entry of its own term on a majority, it was committed, and a with it, since a log is committed up to a place. That is why each new leader begins its term with an empty entry.`,
            `${led.node} 成为任期 ${led.term} 的领导者，x 是 ${x}。n1 自己任期的条目到达多数派时就提交了，排在它前面的 a 也随之提交，因为日志总是提交到某个位置为止。所以每个新领导者上任时都先写一个空条目。`,
          ),
        };
      },
    },
  ],
};

export const FIGURE_8: Lesson = {
  name: 'figure-8',
  title: t('Figure 8', '论文图 8'),
  summary: t(
    'An entry on most disks that is not committed, and is lost; and the rule that keeps it harmless.',
    '一个到了多数磁盘却未提交、最终丢失的条目，以及让这无害的规则。',
  ),
  nodes: 5,
  minutes: 8,
  parts: [LOST, SAFE],
};
