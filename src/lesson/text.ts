/** Words in both languages, side by side: one without the other does not compile. */
export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];
export type Text = Readonly<Record<Language, string>>;

/** English and Chinese of the same. */
export const t = (en: string, zh: string): Text => ({ en, zh });

/** Texts one after the other, as one text; sentences in English stand a space apart. */
export function joined(...texts: readonly Text[]): Text {
  return { en: texts.map(({ en }) => en).join(' '), zh: texts.map(({ zh }) => zh).join('') };
}

/** What is the same in both languages: names, numbers, commands. */
export const same = (text: string): Text => ({ en: text, zh: text });

/** Names one after the other: `n1, n2 and n3`, or `n1、n2 和 n3`. */
export function listed(names: readonly string[]): Text {
  const [last = '', ...others] = names.toReversed();
  if (others.length === 0) return same(last);
  others.reverse();
  return t(`${others.join(', ')} and ${last}`, `${others.join('、')} 和 ${last}`);
}

/** Asked for, else preferred, else as the environment speaks. Chinese for zh*, English for all others. */
export function languageOf(asked: string | undefined, env: Readonly<Record<string, string | undefined>>): Language {
  const known = LANGUAGES.find((each) => each === asked);
  if (known !== undefined) return known;
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return /^zh/i.test(locale) ? 'zh' : 'en';
}

const ANSWERS: Readonly<Record<string, string>> = {
  'unknown: it may have happened': '结果未知，可能已经发生',
  'refused: it did not happen': '被拒绝，没有发生',
  'no answer': '没有答复',
};

/** What the player of stories says of an answer; values, and `OK`, are the same in any language. */
export function answerInChinese(answer: string): string {
  return ANSWERS[answer] ?? answer;
}
