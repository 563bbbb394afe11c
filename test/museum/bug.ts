/** What an exhibit is. Data alone: nothing here may load the source before the bug is planted in it. */

/** `find` stands exactly once in `file` (under src), and `replace` takes its place. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Who is expected to notice. */
export type Catcher =
  | {
      readonly by: 'simulation';
      /** The promises that may be seen broken; any other failure does not count. */
      readonly breaks: RegExp;
      /** The first seed that catches it, as of the last search: tried first. Null before any search. */
      readonly seed: number | null;
      readonly nodes?: number;
      /** The scenario that tells its story: it is what catches the bug when the remembered seed does not, or none is known. */
      readonly scenario?: string;
    }
  /** A scenario's file under test/raft/scenarios, without its ending: what comes out is not what is written there. */
  | { readonly by: 'scenario'; readonly name: string }
  /** A unit test: its file under test, and the beginning of its full name. */
  | { readonly by: 'test'; readonly file: string; readonly name: string };

export interface Bug {
  /** Kebab case, unique. */
  readonly name: string;
  readonly title: string;
  /** Where it was seen in the wild, or whose rule it breaks. */
  readonly source: string;
  readonly edits: readonly [Edit, ...Edit[]];
  readonly caught: Catcher;
}
