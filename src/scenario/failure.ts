/** A story that did not go as it was told. */
export class StoryFailure extends Error {
  override readonly name = 'StoryFailure';
  readonly file: string;
  readonly line: number;
  readonly problem: string;
  /** What was seen instead, line by line. */
  readonly seen: readonly string[];

  constructor(file: string, line: number, problem: string, seen: readonly string[]) {
    super([`${file}:${line}: ${problem}`, ...seen.map((each) => `  ${each}`)].join('\n'));
    this.file = file;
    this.line = line;
    this.problem = problem;
    this.seen = seen;
  }
}
