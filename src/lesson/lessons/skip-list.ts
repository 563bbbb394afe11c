import { setImmediate as otherWork } from 'node:timers/promises';
import type { Figure } from '../figure.ts';
import type { Lesson, Part } from '../lesson.ts';
import type { Play } from '../play.ts';
import { DrawnList } from '../search/search.ts';
import { KIND_NAMES, KINDS, type Kind, line } from '../search/tables.ts';
import { comparisonsOf } from '../structures/comparisons.ts';
import { sampleOf } from '../structures/measure.ts';
import { placeIn } from '../structures/structure.ts';
import { t } from '../text.ts';
import { LESSON_KEYS } from '../workshop.ts';
import { TABLE } from './structures-table.ts';

const WORDS: readonly string[] = ['ant', 'bee', 'cat', 'cow', 'dog', 'eel', 'fox', 'gnu', 'hen', 'owl', 'pig', 'yak'];
const BREATH_MS = 900;
const READ_MS = 3_000;

/** Those that the learner has in the store, else the lesson's own, which it has just put there. */
async function keysOf({ world, facts }: Play): Promise<DrawnList> {
  const known = facts.kept('keys');
  if (known.length > 0) return new DrawnList(known);
  const { kvs } = await world.run(world.driver.kv.range({ keysOnly: true, limit: 200 }, { deadlineMs: READ_MS }));
  const all = kvs.map(({ key }) => key);
  const own = all.filter((key) => !key.startsWith(LESSON_KEYS)).slice(0, WORDS.length);
  const ours = all.filter((key) => key.startsWith(LESSON_KEYS)).map((key) => key.slice(LESSON_KEYS.length));
  const list = new DrawnList(own.length >= WORDS.length ? own : ours);
  facts.keep('keys', list.keys);
  return list;
}

/** The last but one: far down the list, and not its end. */
const targetOf = (keys: readonly string[]): string => keys.at(-2) ?? '';

async function* built(play: Play): AsyncGenerator<Figure, void> {
  const list = await keysOf(play);
  const { height } = list;
  const count = list.keys.length;
  yield {
    rows: list.draw(),
    caption: t(
      `${count} keys, ${height} levels. L0 has all of them, in order; each level above skips most of those below.`,
      `${count} 个键，${height} 层。L0 按顺序包含全部键，越往上的层跳过的键越多。`,
    ),
  };
}

async function* searched(play: Play): AsyncGenerator<Figure, void> {
  const list = await keysOf(play);
  const target = targetOf(list.keys);
  const steps = list.search(target);
  yield { rows: list.draw([], target), caption: t(`Looking for ${target}, from the top left.`, `从左上角开始查找 ${target}。`) };
  for (const [i, { key, level }] of steps.entries()) {
    await play.breathe(BREATH_MS);
    const seen = steps.slice(0, i + 1);
    const goes =
      key < target ? t('go on along this level', '沿这一层继续') : t('too far or there: one level down', '到了或过了：下降一层');
    const sign = key < target ? '<' : '>=';
    yield {
      rows: list.draw(seen, target),
      caption: t(
        `Comparison ${i + 1}, L${level}: ${key} ${sign} ${target}: ${goes.en}.`,
        `第 ${i + 1} 次比较，L${level}：${key} ${sign} ${target}，${goes.zh}。`,
      ),
    };
  }
  play.facts.note('comparisons', steps.length);
  play.facts.note('linked', list.keys.indexOf(target) + 1);
  let halves = 0;
  placeIn(list.keys, target, () => {
    halves += 1;
  });
  play.facts.note('binary', halves);
  yield {
    rows: list.draw(steps, target, true),
    caption: t(`Found ${target} with ${steps.length} comparisons.`, `用 ${steps.length} 次比较找到 ${target}。`),
  };
}

const SEARCH: Part = {
  title: t('One search', '一次查找'),
  leader: null,
  steps: [
    {
      type: 'explain',
      scene: 'keys',
      text: t(
        'Each node keeps its keys in order in a skip list (Pugh, 1990): a linked list with express lines above it. Every key is on the lowest level L0; one in four, by chance, is on L1 as well, one in four of those on L2, and so on. Nothing is ever rebalanced: chance keeps it balanced.',
        '每个节点都用跳表（Pugh，1990）按顺序保存键：它是一条链表，上面再加几条快线。所有键都在最底层 L0；随机有四分之一同时出现在 L1，其中四分之一又出现在 L2，依此类推。从不需要重新平衡，随机性保证了平衡。',
      ),
    },
    {
      type: 'do',
      scene: 'keys',
      text: t(
        'Twelve keys are written to the store. If it has twelve of yours already, yours are drawn.',
        '向存储写入十二个键。如果里面已经有你的十二个键，就画你的。',
      ),
      deeds: WORDS.map((word, i) => `put ${LESSON_KEYS}${word} ${i + 1}`),
    },
    {
      type: 'watch',
      text: t(
        'These keys in a skip list of the same code that the nodes run. The levels are drawn by chance, by a fixed seed, so that the picture is the same each time.',
        '这些键放进跳表的样子，用的正是节点运行的那份代码。层高随机抽取，这里固定了种子，所以每次的图都一样。',
      ),
      play: built,
    },
    {
      type: 'guess',
      id: 'comparisons',
      text: t(
        'The last key but one is looked for. A search begins at the top left: while the next key on this level is smaller, it goes there; else one level down. With how many keys is it compared? Type a number.',
        '要查找倒数第二个键。查找从左上角开始：同一层的下一个键更小就走过去，否则下降一层。总共要与多少个键比较？请输入一个数字。',
      ),
      unit: t('comparisons', '次比较'),
      most: 1_000,
    },
    {
      type: 'watch',
      text: t('The search. Enter shows its end at once.', '查找过程。按 Enter 直接看结果。'),
      play: searched,
    },
    {
      type: 'compare',
      of: 'comparisons',
      text: t('How many it was', '比较次数'),
      outcome: (facts) => {
        const [count, linked, binary] = [facts.noted('comparisons'), facts.noted('linked'), facts.noted('binary')];
        if (count === null || linked === null || binary === null) return null;
        return {
          choice: null,
          value: count,
          text: t(
            `The skip list compared ${count} keys. A linked list would have compared ${linked}, one after the other; a binary search in a sorted array ${binary}. With a dozen keys that is no great difference. The next part asks what becomes of it when there are many.`,
            `跳表比较了 ${count} 个键。链表要一个接一个比较 ${linked} 个；在有序数组里二分查找则是 ${binary} 个。只有十几个键时差别不大，下一节看看键很多时会怎样。`,
          ),
        };
      },
    },
  ],
};

const whole = (count: number): string => Math.round(count).toLocaleString('en');
const SIZES = [100, 1_000, 10_000, 100_000] as const;
const ASKED = 500;

async function* counted({ facts, signal }: Play): AsyncGenerator<Figure, void> {
  const heads = SIZES.map((size) => size.toLocaleString('en'));
  const cells = new Map<Kind, string[]>(KINDS.map((kind) => [kind, []]));
  for (const size of SIZES) {
    await otherWork();
    signal.throwIfAborted();
    const { sorted, present } = sampleOf(size);
    const found = comparisonsOf(sorted, present.slice(0, ASKED));
    const shown: Readonly<Record<Kind, number>> = {
      skip: found.skipList,
      tree: found.avlTree,
      array: found.binarySearch,
      list: found.linkedList,
      hash: 1,
    };
    facts.note(`skip ${size}`, found.skipList);
    facts.note(`list ${size}`, found.linkedList);
    for (const kind of KINDS) cells.get(kind)?.push(shown[kind] < 100 ? shown[kind].toFixed(1) : whole(shown[kind]));
    const rows = (language: 'en' | 'zh'): Figure['rows'] => [
      line(t('comparisons', '比较次数')[language], heads, 'head'),
      ...KINDS.map((kind) => line(KIND_NAMES[kind][language], cells.get(kind) ?? [], kind === 'skip' ? 'path' : 'plain')),
    ];
    yield {
      rows: rows('en'),
      zh: rows('zh'),
      caption: t(`Mean of ${ASKED} searches among so many keys.`, `在这么多键中查找 ${ASKED} 次的平均值。`),
    };
  }
}

const GROWTH: Part = {
  title: t('A hundred times as many', '多一百倍'),
  leader: null,
  steps: [
    {
      type: 'ask',
      id: 'growth',
      text: t(
        'A skip list grows from 1,000 keys to 100,000, a hundred times as many. How does the number of comparisons for one search grow?',
        '跳表从 1,000 个键增长到 100,000 个，多了一百倍。一次查找的比较次数会怎样增长？',
      ),
      choices: [
        {
          id: 'hundred',
          text: t('A hundred times as well', '也变成一百倍'),
          because: t(
            'That is the linked list below it: its way is as long as the list. The upper levels cut that short.',
            '那是底层链表的情形：路程与链表一样长。上面的层大大缩短了它。',
          ),
        },
        {
          id: 'ten',
          text: t('About ten times', '大约十倍'),
          because: t(
            'That would be with a single upper level, as in a book with one table of contents. Each further level cuts the rest down again.',
            '那是只有一层索引的情形，就像一本书只有一份目录。每多一层，剩余的路程就再缩短一次。',
          ),
        },
        {
          id: 'little',
          text: t('Less than two times', '不到两倍'),
          because: t(
            'That is what theory says; the measurement shows something else this time.',
            '理论如此；这一次的计数却不同。',
          ),
        },
      ],
    },
    {
      type: 'watch',
      text: t(
        'Comparisons are counted, so every machine gets the same figures. The hash table computes the place of a key and compares about once.',
        '这里数的是比较次数，所以每台机器的结果都一样。哈希表直接算出键的位置，大约只比较一次。',
      ),
      play: counted,
    },
    {
      type: 'compare',
      of: 'growth',
      text: t('How it grew', '增长情况'),
      outcome: (facts) => {
        const [few, many] = [facts.noted('skip 1000'), facts.noted('skip 100000')];
        const [short, long] = [facts.noted('list 1000'), facts.noted('list 100000')];
        if (few === null || many === null || short === null || long === null) return null;
        const ratio = many / few;
        const times = ratio.toFixed(1);
        return {
          choice: ratio < 2 ? 'little' : ratio < 30 ? 'ten' : 'hundred',
          text: t(
            `From ${few.toFixed(1)} to ${many.toFixed(1)} comparisons: ${times} times as many, while the linked list went from ${whole(short)} to ${whole(long)}. Four times as many keys need about one level more, and each level costs a few comparisons: that is O(log n), as with a balanced tree.`,
            `从 ${few.toFixed(1)} 次到 ${many.toFixed(1)} 次比较，是原来的 ${times} 倍；而链表从 ${whole(short)} 次到 ${whole(long)} 次。键多四倍，大约只多一层，每层只多几次比较：这就是 O(log n)，与平衡树一样。`,
          ),
        };
      },
    },
  ],
};

export const SKIP_LIST: Lesson = {
  name: 'skip-list',
  title: t('The skip list', '跳表'),
  summary: t(
    'A search with its comparisons counted, and the table of the textbooks measured on the spot.',
    '逐步查找并数出比较次数，再现场测出教科书里的那张对比表。',
  ),
  nodes: 1,
  anySize: true,
  minutes: 6,
  parts: [SEARCH, GROWTH, TABLE],
};
