import type { Lesson, Part } from '../lesson.ts';
import { t } from '../text.ts';

const CUT_OFF: Part = {
  title: t('Reading from a leader of yesterday', '向过时的领导者读取'),
  leader: 'n1',
  steps: [
    {
      type: 'explain',
      scene: 'overview',
      text: t(
        'Writes need a majority. Do reads? n1 leads and has all the data in memory: it could answer at once. But to answer with what is true now (a linearizable read) it must know that it still leads. So n1 asks a majority first: have you heard of a newer leader?',
        '写入需要多数派，那么读取呢？n1 是领导者，数据都在内存里，它完全可以立刻回答。但要答出此刻为真的内容（线性一致读），它必须确认自己仍是领导者。所以 n1 会先询问多数派：你们有没有听说更新的领导者？',
      ),
    },
    {
      type: 'do',
      scene: 'keys',
      text: t('Something to read.', '先写入要读的内容。'),
      deeds: ['put lesson:x old', 'wait until all agree'],
    },
    {
      type: 'ask',
      id: 'linear',
      scene: 'links',
      text: t(
        'n1 is cut off from all others, and does not know it. They elect a leader and write x = new. A client that can still reach n1 asks it for x. What is the answer?',
        'n1 与其他节点全部断开，自己却不知道。其余节点选出新的领导者，并写入 x = new。一个仍能连上 n1 的客户端向它读取 x。答案是什么？',
      ),
      choices: [
        {
          id: 'old',
          text: t('old: n1 knows nothing newer', 'old：n1 不知道更新的值'),
          because: t(
            'It would be so if n1 trusted itself. Several stores have had just this bug: a client writes new, and another then reads old.',
            '如果 n1 只相信自己，就会这样。好几个存储系统都出过这个错误：一个客户端已写入 new，另一个却随后读到 old。',
          ),
        },
        {
          id: 'new',
          text: t('new: that is the truth', 'new：这才是事实'),
          because: t(
            'True, but n1 has no way to learn it: every message to it is lost.',
            '确实是事实，但 n1 无从得知：发给它的消息全部丢失了。',
          ),
        },
        {
          id: 'none',
          text: t('None: n1 cannot answer', '没有答案：n1 无法回答'),
          because: t(
            'So it should be while n1 is cut off. This time an answer came before the cut had its effect.',
            'n1 被隔离时本该如此。这一次在隔离生效之前答复就已经返回。',
          ),
        },
      ],
    },
    {
      type: 'do',
      scene: 'overview',
      text: t(
        'n1 is isolated, the read is sent to n1, the others elect a leader, and x = new is written there.',
        '隔离 n1，把读请求发给 n1；其余节点选出领导者，并在那里写入 x = new。',
      ),
      deeds: [
        'isolate n1',
        'begin read: at n1 get lesson:x',
        'wait until a leader in !n1',
        'let new = leader',
        'put lesson:x new',
      ],
    },
    {
      type: 'observe',
      scene: 'overview',
      text: t('The read at n1 comes to its end.', '等待 n1 上的读取结束。'),
      until: [],
      deeds: ['finish read'],
    },
    {
      type: 'compare',
      of: 'linear',
      scene: 'overview',
      text: t('What n1 answered', 'n1 的答复'),
      outcome: (facts) => {
        const answer = facts.answer('finish read');
        const led = facts.leaderAfter('isolate n1');
        const written = facts.answer('put lesson:x new');
        if (answer === null || led === null || written === null) return null;
        const choice = answer === 'no answer' ? 'none' : answer === '"old"' ? 'old' : 'new';
        const said =
          choice === 'none' ? t('n1 gave no answer', 'n1 没有给出答案') : t(`n1 answered ${answer}`, `n1 的答复是 ${answer}`);
        return {
          choice,
          text: t(
            `${said.en}, while ${led.node}, leader of term ${led.term}, had x = new written and acknowledged (${written}). n1 asked for a majority and heard nobody, so it let the client go without. An error is something a client can handle; an old value that looks current is not.`,
            `${said.zh}；与此同时，任期 ${led.term} 的领导者 ${led.node} 已写入 x = new 并确认（${written}）。n1 询问多数派，没有任何回应，于是宁可不回答。客户端能处理错误，却无法识别一个看似最新的旧值。`,
          ),
        };
      },
    },
    {
      type: 'ask',
      id: 'stale',
      scene: 'overview',
      text: t(
        'A client may also say: I take what you have, even if it is old (--consistency stale). It asks n1 so, while n1 is still cut off. What is the answer?',
        '客户端也可以声明：给我你手头的内容，旧的也行（--consistency stale，陈旧读）。n1 仍被隔离，客户端这样问它。答案是什么？',
      ),
      choices: [
        {
          id: 'old',
          text: t('old', 'old'),
          because: t(
            'That is what n1 has while it is cut off. Had it caught up before, it would have answered new.',
            'n1 被隔离时手头只有它。如果之前已经追上，答案就会是 new。',
          ),
        },
        {
          id: 'new',
          text: t('new', 'new'),
          because: t(
            'n1 answers from its own store at once and asks nobody. Its store has not heard of new.',
            'n1 直接用自己的存储作答，不询问任何人，而它的存储还不知道 new。',
          ),
        },
        {
          id: 'none',
          text: t('None', '没有答案'),
          because: t(
            'The client has said that old is good enough, so n1 needs nobody: it stays available alone.',
            '客户端已说明旧值也可以，所以 n1 不需要别人同意：它独自也能保持可用。',
          ),
        },
      ],
    },
    {
      type: 'do',
      scene: 'overview',
      text: t('The stale read at n1.', '在 n1 上进行陈旧读。'),
      deeds: ['at n1 get lesson:x --consistency stale'],
    },
    {
      type: 'compare',
      of: 'stale',
      scene: 'overview',
      text: t('What the stale read gave', '陈旧读的结果'),
      outcome: (facts) => {
        const answer = facts.answer('at n1 get lesson:x --consistency stale');
        if (answer === null) return null;
        return {
          choice: answer === '"old"' ? 'old' : answer === '"new"' ? 'new' : 'none',
          text: t(
            `The answer was ${answer}. It was true once, and nobody can say for how long it has not been. That is a fair bargain for a page counter and a bad one for a bank balance; here each read says which of the two it wants.`,
            `答案是 ${answer}。它曾经为真，但没人能说它已经过期多久。对访问计数来说这很划算，对银行余额就不行；在这里，每次读取都可以自己选择。`,
          ),
        };
      },
    },
    {
      type: 'guess',
      id: 'catch-up',
      scene: 'overview',
      text: t(
        'The cut is about to end. After how many milliseconds will the store of n1 itself have x = new?',
        '马上解除隔离。多少毫秒之后，n1 自己的存储里会有 x = new？',
      ),
      unit: t('ms', '毫秒'),
      most: 60_000,
    },
    {
      type: 'do',
      scene: 'overview',
      text: t('The isolation ends.', '解除隔离。'),
      deeds: ['heal', 'wait until lesson:x = new on n1'],
    },
    {
      type: 'compare',
      of: 'catch-up',
      scene: 'overview',
      text: t('How long it took', '用了多久'),
      outcome: (facts) => {
        const healed = facts.deed('heal');
        const there = facts.deed('wait until lesson:x = new on n1');
        if (healed === null || there === null) return null;
        const ms = Math.max(1, Math.round(there.to - healed.to));
        return {
          choice: null,
          value: ms,
          text: t(
            `${ms} ms after the heal n1 had x = new (looked at every 20 ms). The next heartbeat, at most 50 ms away, told n1 of the newer term; then the leader sent the entries that n1 lacked, and the commit index with them.`,
            `恢复 ${ms} 毫秒之后，n1 里就有了 x = new（每 20 毫秒查看一次）。最多 50 毫秒内的下一次心跳让 n1 得知更新的任期，随后领导者补发它缺的条目，连同提交位置一起。`,
          ),
        };
      },
    },
  ],
};

export const STALE_READ: Lesson = {
  name: 'stale-read',
  title: t('Stale reads', '陈旧读'),
  summary: t(
    'Why even a leader must ask before it answers, and what one gets when it need not.',
    '为什么连领导者也要先询问再回答，不询问又会读到什么。',
  ),
  nodes: 5,
  minutes: 5,
  parts: [CUT_OFF],
};
