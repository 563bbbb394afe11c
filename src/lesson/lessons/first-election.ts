import type { Lesson, Part } from '../lesson.ts';
import { listed, t } from '../text.ts';
import { SILENCE } from './silent-leader.ts';

/** Quicker than any election timeout: the closed connection was the sign. */
const SOON_MS = 450;

const WAKING: Part = {
  title: t('All wake up', '全体醒来'),
  leader: null,
  steps: [
    {
      type: 'explain',
      scene: 'overview',
      text: t(
        'Above you see five real processes, n1 to n5. In Raft one of them leads: it alone takes writes, and it sends a heartbeat to the others twenty times a second. Time is cut into terms (T in the first line); a term has at most one leader. You may look around with 1 to 9 whenever a page waits for you.',
        '上方是五个真实的进程 n1 到 n5。在 Raft 里，其中一个是领导者（leader）：只有它接受写入，并且每秒向其他节点发送约二十次心跳。时间被划分为一个个任期（term，即第一行的 T），每个任期最多只有一个领导者。任何一页在等你的时候，都可以用 1 到 9 切换视图看看。',
      ),
    },
    {
      type: 'explain',
      text: t(
        'A follower that hears no heartbeat for its election timeout becomes a candidate: it raises the term, votes for itself, and asks the others for their votes. The timeout is drawn at random, from 500 to 1,000 ms, anew each time. Next, all five are killed and started again, so that nobody leads.',
        '跟随者（follower）如果在选举超时内没有收到心跳，就变成候选人（candidate）：它把任期加一，投自己一票，再请求其他节点投票。超时时间每次都在 500 到 1000 毫秒之间随机抽取。接下来我们把五个节点全部杀掉再启动，这样就没有领导者了。',
      ),
    },
    {
      type: 'ask',
      id: 'who',
      text: t('All five start with the same log. Which of them will lead?', '五个节点的日志完全相同。谁会成为领导者？'),
      choices: [
        {
          id: 'first',
          text: t('n1: the first in the list', 'n1：它排在第一个'),
          because: t(
            'Names and places mean nothing in Raft. A fixed order would make everybody wait whenever the first is the one that failed.',
            'Raft 不看名字和次序。如果规定固定的次序，排第一的节点一旦故障，所有人就只能干等。',
          ),
        },
        {
          id: 'old',
          text: t('The one that led before', '之前的那个领导者'),
          because: t(
            'Having led is not remembered as a merit. Terms and votes are on disk; who led is not, and need not be.',
            '当过领导者并不算资历。写进磁盘的是任期和投票，谁当过领导者并不记录，也不需要记录。',
          ),
        },
        {
          id: 'chance',
          text: t('Nobody can know: whose timer ends first', '谁也说不准：谁的定时器先到就是谁'),
          because: null,
        },
      ],
    },
    {
      type: 'do',
      scene: 'overview',
      text: t('All five are killed with SIGKILL and started again.', '用 SIGKILL 杀掉全部五个节点，然后重新启动。'),
      deeds: ['let old = leader', 'kill all', 'restart all'],
    },
    {
      type: 'observe',
      scene: 'overview',
      text: t(
        'Watch the column HEARS, where the election timers run, then ROLE: somebody will be first.',
        '注意 HEARS 一列中的选举计时，再看 ROLE：总会有一个节点最先行动。',
      ),
      until: ['a leader'],
      deeds: ['let first = leader'],
    },
    {
      type: 'compare',
      of: 'who',
      scene: 'events',
      text: t('Who it was', '结果是谁'),
      outcome: (facts) => {
        const led = facts.leaderAfter('restart all');
        if (led === null) return null;
        const { node, term } = led;
        const tries = facts.candidacies('restart all').length;
        const again = node === facts.node('old');
        return {
          choice: 'chance',
          text: t(
            `It was ${node}, in term ${term}, after ${tries === 1 ? 'one candidacy' : `${tries} candidacies`}${again ? '. It had led before, and that is chance: do it again and see' : `, and not ${facts.node('old')}, which had led before`}. ${tries === 1 ? 'Its timer happened to be the shortest, so its request for votes came before anybody else had a reason to stand' : 'Others stood almost at the same time, and it was the first with a majority'}.`,
            `这次是 ${node}，任期 ${term}，${tries === 1 ? '只有一次参选' : `前后共有 ${tries} 次参选`}。${again ? '它之前也是领导者，但这只是巧合，重做一遍就知道' : `而不是之前的领导者 ${facts.node('old')}`}。${tries === 1 ? '它抽到的超时最短，所以在别人想到参选之前，它的投票请求就已经到了' : '还有别的节点几乎同时参选，而它最先拿到多数票'}。`,
          ),
        };
      },
    },
    {
      type: 'ask',
      id: 'votes',
      text: t('How many votes does a candidate need among five?', '五个节点里，候选人需要多少票才能当选？'),
      choices: [
        {
          id: 'most',
          text: t('More than any other candidate', '比其他候选人都多'),
          because: t(
            'With two, one and one votes somebody would lead whom most have not chosen, and another partition could do the same in the same term.',
            '如果得票是两票、一票、一票，那么当选者并没有得到多数认可，而另一个分区在同一任期里也可能照样选出一个。',
          ),
        },
        {
          id: 'three',
          text: t('Three: more than half of all five', '三票：超过全部五个节点的一半'),
          because: null,
        },
        {
          id: 'all',
          text: t('All five', '五票全部'),
          because: t(
            'Then one dead node would be enough to stop the cluster for good, and replication would have made things worse.',
            '那样只要有一个节点故障，整个集群就再也选不出领导者，复制反而让情况更糟。',
          ),
        },
      ],
    },
    {
      type: 'compare',
      of: 'votes',
      scene: 'events',
      text: t('The votes', '得票'),
      outcome: (facts) => {
        const led = facts.leaderAfter('restart all');
        const won = facts.candidacies('restart all').find(({ node, term }) => node === led?.node && term === led.term);
        if (won === undefined || won.voters.length < 3) return null;
        const voters = listed(won.voters);
        return {
          choice: 'three',
          text: t(
            `${won.node} led as soon as it had the votes of ${voters.en}: ${won.voters.length} of 5. It did not wait for the rest. Each node has one vote in a term and writes it to disk before it answers, and two majorities of five always share a node: so no term can have two leaders.`,
            `${won.node} 一拿到 ${voters.zh} 的票（5 票中的 ${won.voters.length} 票）就成为领导者，没有等其余的票。每个节点在一个任期里只有一票，而且先写进磁盘再答复；五个节点里任意两个多数派必有交集，所以同一个任期不会有两个领导者。`,
          ),
        };
      },
    },
  ],
};

const DEATH: Part = {
  title: t('The leader dies', '领导者崩溃'),
  leader: null,
  steps: [
    {
      type: 'ask',
      id: 'death',
      scene: 'overview',
      text: t(
        'The leader is about to be killed. Its connections close at once. When will the next one lead?',
        '马上要杀掉领导者。它的连接会立刻断开。下一个领导者多久之后出现？',
      ),
      choices: [
        {
          id: 'soon',
          text: t('Within a few tenths of a second', '零点几秒之内'),
          because: t(
            'Usually so here: a closed connection is taken as a hint. This time it took longer, for instance since candidates met.',
            '在这里通常确实如此：连接断开会被当作线索。这一次花的时间更长，例如因为几个候选人撞在了一起。',
          ),
        },
        {
          id: 'timeout',
          text: t('After an election timeout: 500 ms or more', '等到选举超时之后：至少 500 毫秒'),
          because: t(
            'That is what the Raft paper describes, and what you will see in the next part. This program does not wait when the connection to the leader has closed: it asks for pre-votes at once.',
            'Raft 论文就是这样描述的，下一节你也会看到。但在这个程序里，与领导者的连接一断开，跟随者不会再等，而是马上发起预投票（pre-vote）。',
          ),
        },
        {
          id: 'never',
          text: t('When a person steps in', '要等人来处理'),
          because: t(
            'With a majority alive nobody is needed: that is the point of consensus.',
            '只要多数派还在，就不需要人介入，这正是共识算法的意义。',
          ),
        },
      ],
    },
    {
      type: 'do',
      scene: 'overview',
      text: t('The leader is killed with SIGKILL.', '用 SIGKILL 杀掉领导者。'),
      deeds: ['let first = leader', 'kill $first'],
    },
    {
      type: 'observe',
      scene: 'overview',
      text: t('Four are left, and three of them are a majority.', '还剩四个节点，其中三个就是多数派。'),
      until: ['a leader in !$first'],
      deeds: ['let second = leader'],
    },
    {
      type: 'compare',
      of: 'death',
      scene: 'events',
      text: t('How long it took', '用了多久'),
      outcome: (facts) => {
        const led = facts.leaderAfter('kill $first');
        const ms = facts.untilLeader('kill $first');
        if (led === null || ms === null) return null;
        return {
          choice: ms < SOON_MS ? 'soon' : 'timeout',
          text: t(
            `${led.node} led term ${led.term} ${ms} ms after ${facts.node('first')} was gone. The others saw the connection close and each waited a few random milliseconds, so that not all would stand at once. A closed connection is a hint, not a proof: they first asked each other whether anybody still heard the leader (pre-vote).`,
            `${facts.node('first')} 消失 ${ms} 毫秒之后，${led.node} 成为任期 ${led.term} 的领导者。其他节点看到连接断开，各自随机等几毫秒，以免同时参选。连接断开只是线索，不是证据，所以它们先互相询问还有没有人能收到领导者的心跳（预投票）。`,
          ),
        };
      },
    },
    {
      type: 'ask',
      id: 'back',
      text: t('The dead leader is started again. What will it be?', '把死去的领导者重新启动，它会变成什么角色？'),
      choices: [
        {
          id: 'leader',
          text: t('The leader, as before', '和之前一样，还是领导者'),
          because: t(
            'Its term is over: the others are in a newer one, and the first message that it gets tells it so.',
            '它的任期已经结束：其他节点处在更新的任期，它收到的第一条消息就会告诉它这一点。',
          ),
        },
        {
          id: 'follower',
          text: t('A follower of the new leader', '新领导者的跟随者'),
          because: t(
            'So it should have been; this time it found a chance to lead, for instance since the machine was slow to send heartbeats.',
            '本该如此；这一次它碰巧有机会成为领导者，例如机器太忙，心跳发得太慢。',
          ),
        },
        {
          id: 'candidate',
          text: t('A candidate: it wants its place back', '候选人：它想要回自己的位置'),
          because: t(
            'It hears the heartbeats of the new leader long before its election timeout, and has no reason to stand.',
            '早在选举超时之前，它就会收到新领导者的心跳，没有理由参选。',
          ),
        },
      ],
    },
    {
      type: 'do',
      scene: 'overview',
      text: t('It is started again, with its data.', '连同它的数据一起重新启动。'),
      deeds: ['restart $first'],
    },
    {
      type: 'observe',
      scene: 'overview',
      text: t('It catches up with what it has missed.', '它正在补上错过的日志。'),
      until: ['all agree'],
    },
    {
      type: 'compare',
      of: 'back',
      scene: 'overview',
      text: t('What became of it', '它变成了什么'),
      outcome: (facts) => {
        const back = facts.node('first');
        const status = facts.picture.nodes.find(({ id }) => id === back)?.status ?? null;
        if (status === null || (status.role !== 'leader' && status.leader === null)) return null;
        const { role, term, leader } = status;
        return {
          choice: role === 'leader' ? 'leader' : role === 'follower' ? 'follower' : 'candidate',
          text:
            role === 'leader'
              ? t(
                  `${back} leads again, in term ${term}: it stood anew and won, it did not just go on.`,
                  `${back} 又成了领导者，但任期是 ${term}：它是重新参选并当选的，而不是接着当。`,
                )
              : t(
                  `${back} follows ${leader ?? 'nobody yet'} in term ${term}. Its first message from the others carried a newer term than its own, and the rule is short: whoever sees a newer term takes it and follows. Then it was given the entries it lacked.`,
                  `${back} 在任期 ${term} 里跟随 ${leader ?? '（尚无）'}。它收到的第一条消息带着比自己更新的任期，规则很简单：看到更新的任期，就采用它并转为跟随者。随后它缺的日志条目也补上了。`,
                ),
        };
      },
    },
  ],
};

export const FIRST_ELECTION: Lesson = {
  name: 'first-election',
  title: t('First election', '第一次选举'),
  summary: t('Who leads, how it comes about, and how long a cluster is without.', '谁来领导、如何产生、没有领导者的时间有多长。'),
  nodes: 5,
  minutes: 6,
  parts: [WAKING, DEATH, SILENCE],
};
