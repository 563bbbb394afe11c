/** The last part of the lesson on elections: a leader that lives and is not heard. */
import type { Part } from '../lesson.ts';
import { t } from '../text.ts';

export const SILENCE: Part = {
  title: t('The leader falls silent', '领导者失联'),
  leader: null,
  steps: [
    {
      type: 'explain',
      scene: 'links',
      text: t(
        'A crash is the easy case: connections close. Now the leader stays alive, but all its messages are lost in both directions, as when a cable is pulled. Nobody is told. The others can only notice that heartbeats (every 50 ms) do not come.',
        '进程崩溃还算简单，因为连接会断开。这一次领导者还活着，但它收发的消息全部丢失，就像网线被拔掉一样。没有人会得到通知，其他节点只能发现每 50 毫秒一次的心跳不再到来。',
      ),
    },
    {
      type: 'guess',
      id: 'silence',
      scene: 'links',
      text: t(
        'Timeouts are drawn from 500 to 1,000 ms by each of four followers. After how many milliseconds will somebody else lead? Type a number.',
        '四个跟随者各自在 500 到 1000 毫秒之间抽取超时时间。多少毫秒之后会有新的领导者？请输入一个数字。',
      ),
      unit: t('ms', '毫秒'),
      most: 60_000,
    },
    {
      type: 'do',
      scene: 'links',
      text: t('The leader is cut off from all the others.', '切断领导者与其他所有节点的链路。'),
      deeds: ['let lone = leader', 'isolate $lone'],
    },
    {
      type: 'observe',
      scene: 'overview',
      text: t('The timers of the four run down.', '四个节点的定时器正在走完。'),
      until: ['a leader in !$lone'],
    },
    {
      type: 'compare',
      of: 'silence',
      scene: 'events',
      text: t('How long it took', '用了多久'),
      outcome: (facts) => {
        const led = facts.leaderAfter('isolate $lone');
        const ms = facts.untilLeader('isolate $lone', 'begun');
        if (led === null || ms === null) return null;
        return {
          choice: null,
          value: ms,
          text: t(
            `It took ${ms} ms until ${led.node} led term ${led.term}. The shortest of four random timeouts decides, so it is nearer to 500 than to 1,000; pre-vote and vote add a round trip each. Shorter timeouts would be quicker, and would take every hiccup of the network for a death.`,
            `${ms} 毫秒之后，${led.node} 成为任期 ${led.term} 的领导者。起决定作用的是四个随机超时里最短的那个，所以更接近 500 而不是 1000；预投票和投票各再加一次往返。超时设得更短会更快，但网络稍有抖动就会被误判为故障。`,
          ),
        };
      },
    },
    {
      type: 'ask',
      id: 'believes',
      text: t(
        'The one that was cut off has heard nothing of all this. What does it believe after a second or two?',
        '被隔离的那个节点对此一无所知。过一两秒后，它认为自己是什么？',
      ),
      choices: [
        {
          id: 'leads',
          text: t('That it leads, until somebody tells it', '仍是领导者，直到有人告诉它'),
          because: t(
            'The paper alone would leave it so. This program checks: a leader that hears from no majority for an election timeout steps down by itself.',
            '如果只按论文，它会一直这样以为。这个程序会自查：领导者在一个选举超时内收不到多数派的回应，就主动退位。',
          ),
        },
        {
          id: 'steps-down',
          text: t('That it cannot know, and steps down', '它无法确定，于是主动退位'),
          because: t(
            'So it does after an election timeout; it had not yet when we looked.',
            '在一个选举超时之后它会这样做；我们看的时候它还没有退位。',
          ),
        },
        {
          id: 'new-term',
          text: t('That it leads a newer term: it elects itself', '领导更新的任期：它选举自己'),
          because: t(
            'Alone it has one vote of five. With pre-vote it does not even raise its term, so it will not disturb the others when it returns.',
            '它只有五票中的一票。有了预投票，它连任期都不会增加，回来时也就不会打扰其他节点。',
          ),
        },
      ],
    },
    {
      type: 'observe',
      scene: 'overview',
      text: t('We wait until it no longer claims to lead.', '等到它不再自称领导者为止。'),
      until: ['$lone are leaderless'],
    },
    {
      type: 'compare',
      of: 'believes',
      scene: 'overview',
      text: t('What it believes', '它认为自己是什么'),
      outcome: (facts) => {
        const lone = facts.node('lone');
        const status = facts.picture.nodes.find(({ id }) => id === lone)?.status ?? null;
        if (status === null) return null;
        const { term } = facts.picture;
        return {
          choice: status.role === 'leader' ? 'leads' : status.term > term ? 'new-term' : 'steps-down',
          text: t(
            `${lone} is ${status.role === 'pre-candidate' ? 'asking for pre-votes that nobody hears' : `a ${status.role} without a leader`}, still in term ${status.term}, while the others are in term ${term}. It answers no client with what might be old. The next page heals the link.`,
            `${lone} 现在${status.role === 'pre-candidate' ? '正在发起没人听得到的预投票' : '没有领导者可跟随'}，仍停在任期 ${status.term}，而其他节点已在任期 ${term}。它不会拿可能过期的内容答复客户端。下一页恢复链路。`,
          ),
        };
      },
    },
    {
      type: 'do',
      scene: 'overview',
      text: t('All faults end, and the lone node is a follower again.', '解除所有故障，孤立的节点重新成为跟随者。'),
      deeds: ['heal', 'wait until all agree'],
    },
  ],
};
