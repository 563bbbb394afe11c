import type { Candidacy, Facts } from '../facts.ts';
import type { Lesson, Part } from '../lesson.ts';
import { answerInChinese, joined, listed, type Text, t } from '../text.ts';

const BEGUN = 'isolate n1';

/** Those of the first term for which more than one has stood; empty while there was none. */
function rivals(facts: Facts): readonly Candidacy[] {
  const all = facts.candidacies(BEGUN);
  const term = all.find((each) => all.some((other) => other.term === each.term && other.node !== each.node))?.term;
  return all.filter((each) => each.term === term);
}

const isCounted = ({ voters, refusers }: Candidacy): boolean => voters.length + refusers.length >= 3;

function tallyOf(stood: readonly Candidacy[]): Text {
  const lines = stood.map(({ node, voters }) => {
    const who = listed(voters);
    return t(`${node} had ${voters.length} of 4 (${who.en}).`, `${node} 得到 4 票中的 ${voters.length} 票（${who.zh}）。`);
  });
  return joined(...lines);
}

const SPLIT: Part = {
  title: t('Three candidates at once', '三个候选人同时参选'),
  leader: 'n1',
  steps: [
    {
      type: 'explain',
      scene: 'overview',
      text: t(
        'Four nodes this time: a majority of four is three. n1 leads and will fall silent. n2, n3 and n4 are then told to stand for election in the same moment. To make sure that none hears of another in time, messages between the three take 200 ms.',
        '这次是四个节点，四个的多数派是三个。领导者 n1 将会失联，然后让 n2、n3、n4 在同一时刻参选。为了确保它们来不及听到彼此，三者之间的消息要走 200 毫秒。',
      ),
    },
    {
      type: 'ask',
      id: 'who',
      scene: 'links',
      text: t(
        'Each of the three votes for itself and asks the two others. Who wins this term?',
        '三个节点各投自己一票，再请求另外两个投票。谁会赢得这个任期？',
      ),
      choices: [
        {
          id: 'first',
          text: t('n2: it is told first', 'n2：它最先收到命令'),
          because: t(
            'n2 is a few milliseconds ahead. But when its request arrives, the others have given their vote of this term to themselves, and nobody votes twice.',
            'n2 只早了几毫秒。它的请求到达时，另外两个已经把本任期的票投给自己，而谁也不能投两次。',
          ),
        },
        {
          id: 'draw',
          text: t('The one whose request is the quickest', '请求最先到达的那个'),
          because: t(
            'Quick is not enough: a request is only good for a vote that has not been given away, and all three were given away at home.',
            '快还不够：请求只能争取尚未投出的票，而这三票都已经投给了自己。',
          ),
        },
        {
          id: 'nobody',
          text: t('Nobody: this term has no leader', '没有人：这个任期没有领导者'),
          because: t(
            'So it was meant to be. This time one of the three was so much earlier that the others gave it their votes.',
            '本来应该如此。这一次其中一个早了太多，另外两个把票投给了它。',
          ),
        },
      ],
    },
    {
      type: 'do',
      scene: 'events',
      text: t('The slow links, the silence of n1, and three candidacies.', '设置慢链路，隔离 n1，然后让三个节点参选。'),
      deeds: [
        'link n2 n3 --delay 200ms --both',
        'link n2 n4 --delay 200ms --both',
        'link n3 n4 --delay 200ms --both',
        'isolate n1',
        'elect n2',
        'elect n3',
        'elect n4',
      ],
    },
    {
      type: 'observe',
      scene: 'events',
      text: t('The votes are on their way. Refusals need 400 ms to come back.', '投票正在路上，拒绝的答复要 400 毫秒才能返回。'),
      until: (facts) => {
        const stood = rivals(facts);
        return facts.leaderAfter(BEGUN) !== null || (stood.length > 1 && stood.every(isCounted));
      },
    },
    {
      type: 'compare',
      of: 'who',
      scene: 'events',
      text: t('How the votes fell', '计票结果'),
      outcome: (facts) => {
        const stood = rivals(facts);
        const led = facts.leaderAfter(BEGUN);
        if (stood.length < 2) return led === null ? null : lonely(led.node, led.term);
        const term = stood[0]?.term ?? 0;
        const won = led?.term === term ? led.node : null;
        // Who stands again before all refusals are back does not count them; that a later term was led tells the same.
        const isOver = led !== null && led.term > term;
        if (won === null && !isOver && !stood.every(isCounted)) return null;
        const tally = tallyOf(stood);
        if (won !== null) {
          const text = joined(t(`Term ${term}:`, `任期 ${term}：`), tally, t(`${won} won it after all.`, `${won} 还是赢了。`));
          return { choice: won === 'n2' ? 'first' : null, text };
        }
        return {
          choice: 'nobody',
          text: joined(
            t(`Term ${term}:`, `任期 ${term}：`),
            tally,
            t(
              'Three were needed. Each node gives its vote once in a term, so this term stays without a leader for good, and the votes are split.',
              '当选需要三票。每个节点在一个任期里只能投一次票，所以这个任期永远不会有领导者，这就是选票瓜分（split vote）。',
            ),
          ),
        };
      },
    },
    {
      type: 'ask',
      id: 'end',
      scene: 'events',
      text: t('Nobody leads. What ends this?', '没有领导者，怎样才能打破僵局？'),
      choices: [
        {
          id: 'back',
          text: t('n1 has to come back', 'n1 必须回来'),
          because: t(
            'n2, n3 and n4 are a majority of four. They need nobody else.',
            'n2、n3、n4 就是四个中的多数派，不需要别人。',
          ),
        },
        {
          id: 'lowest',
          text: t('By rule, the node with the lowest name', '按规则，名字最小的节点'),
          because: t(
            'Such a tie-break needs everybody to know who else stands, and that is just what a slow network hides.',
            '这种规则要求每个节点都知道还有谁参选，而慢网络恰恰掩盖了这一点。',
          ),
        },
        {
          id: 'chance',
          text: t('Random timeouts: next time one is alone', '随机超时：下一次只有一个先参选'),
          because: t(
            'So it usually ends. This time it took longer than we looked.',
            '通常就是这样结束的。这一次用的时间比我们等的更长。',
          ),
        },
      ],
    },
    {
      type: 'do',
      scene: 'events',
      text: t('The links are quick again; n1 stays silent.', '恢复三者之间的链路速度；n1 继续失联。'),
      deeds: ['end link n2 n3', 'end link n2 n4', 'end link n3 n4'],
    },
    {
      type: 'observe',
      scene: 'events',
      text: t('Each waits for a time of its own before it tries again.', '各个节点随机等待一段时间后再试。'),
      until: ['a leader in n2,n3,n4'],
    },
    {
      type: 'compare',
      of: 'end',
      scene: 'events',
      text: t('How it ended', '结局'),
      outcome: (facts) => {
        const led = facts.leaderAfter(BEGUN);
        const ms = facts.untilLeader(BEGUN, 'begun');
        if (led === null || ms === null) return null;
        const terms = new Set(
          facts
            .candidacies(BEGUN)
            .filter(({ at }) => at <= led.at)
            .map(({ term }) => term),
        ).size;
        return {
          choice: 'chance',
          text: t(
            `${led.node} leads term ${led.term}, ${ms} ms after n1 fell silent; ${terms === 1 ? 'one term was' : `${terms} terms were`} tried, the last with success. Each draws a new timeout from 500 to 1,000 ms after each failure. Those that collide once will hardly draw the same again, so a split costs about one timeout, and never safety.`,
            `n1 失联 ${ms} 毫秒后，${led.node} 成为任期 ${led.term} 的领导者；共尝试了 ${terms} 个任期，最后一个成功。每次失败后，各节点都在 500 到 1000 毫秒之间重新抽取超时。撞上一次的节点很难再次抽到相近的值，所以瓜分选票大约只损失一个超时，绝不影响安全性。`,
          ),
        };
      },
    },
  ],
};

/** The second had given its vote away before it stood. */
function lonely(node: string, term: number): { readonly choice: string | null; readonly text: Text } {
  return {
    choice: node === 'n2' ? 'first' : null,
    text: joined(
      t(`Only ${node} stood in term ${term}, and won:`, `任期 ${term} 只有 ${node} 参选并当选，`),
      t('on a busy machine the others came too late. r does it again.', '因为机器太忙，其他的来得太晚。按 r 可以重做。'),
    ),
  };
}

const ODD: Part = {
  title: t('Why odd numbers', '为什么用奇数个节点'),
  leader: 'n1',
  steps: [
    {
      type: 'ask',
      id: 'four',
      scene: 'overview',
      text: t(
        'Three nodes go on when one fails. With four nodes: how many may fail, so that writes still work?',
        '三个节点允许一个故障。四个节点呢：最多可以有几个故障而仍能写入？',
      ),
      choices: [
        {
          id: 'one',
          text: t('One, as with three', '一个，和三个节点一样'),
          because: t(
            'That is what the rule says; this time something else got in the way.',
            '规则确实如此；这一次受到了别的干扰。',
          ),
        },
        {
          id: 'two',
          text: t('Two: half of them are left', '两个：还剩一半'),
          because: t(
            'Half is not a majority: the two others might run as well, behind a broken cable, and decide otherwise.',
            '一半不是多数派：另外两个也许只是被断开的网线隔开，仍在运行，并作出不同的决定。',
          ),
        },
      ],
    },
    {
      type: 'do',
      scene: 'overview',
      text: t(
        'First n4 dies, and a write is tried; then n3 dies, and another one is tried, which has five seconds.',
        '先杀掉 n4 并尝试写入；再杀掉 n3 并再次尝试写入，限时五秒。',
      ),
      deeds: ['kill n4', 'put lesson:x 1', 'kill n3', 'put lesson:x 2'],
    },
    {
      type: 'compare',
      of: 'four',
      scene: 'overview',
      text: t('What the writes came to', '两次写入的结果'),
      outcome: (facts) => {
        const one = facts.answer('put lesson:x 1');
        const two = facts.answer('put lesson:x 2');
        if (one === null || two === null) return null;
        return {
          choice: two === 'OK' ? 'two' : one === 'OK' ? 'one' : null,
          text: t(
            `With n4 dead: ${one}. With n3 dead as well: ${two}. Four nodes bear one failure, as three do, and cost a disk and messages more; five bear two. And with four, votes can fall two and two: one more reason for odd numbers.`,
            `n4 故障时：${answerInChinese(one)}。n3 也故障时：${answerInChinese(two)}。四个节点和三个一样只能承受一个故障，却多耗一份磁盘和消息；五个可以承受两个。而且四个节点还可能出现 2 比 2 的选票，这也是用奇数的理由。`,
          ),
        };
      },
    },
  ],
};

export const SPLIT_VOTE: Lesson = {
  name: 'split-vote',
  title: t('Split vote', '选票瓜分'),
  summary: t(
    'Three candidates, nobody wins, and why that costs time and never safety.',
    '三个候选人谁也没赢，以及为什么这只费时间、不损安全。',
  ),
  nodes: 4,
  minutes: 6,
  parts: [SPLIT, ODD],
};
