/** One registry for keys, footer, help, palette, shell and argv. A command is data plus one function. */
import type { NodeId } from '../base/brand.ts';
import type { ErrorKind } from '../base/errors.ts';
import type { Capability, ClusterAction, ClusterDriver } from '../cluster/driver.ts';

/** `console` is for what concerns the full-screen console itself; there all commands of the shell work as well. */
export type Surface = 'argv' | 'shell' | 'console' | 'key';
export type Group = 'keys and values' | 'faults' | 'cluster' | 'views' | 'shell';

export type ParamKind = 'key' | 'value' | 'node' | 'node-set' | 'groups' | 'number' | 'duration' | 'file' | 'text' | 'choice';

export interface ParamSpec {
  readonly name: string;
  readonly kind: ParamKind;
  readonly summary: string;
  readonly required: boolean;
  /** Takes all the remaining words. */
  readonly rest?: boolean;
  readonly choices?: readonly string[];
  /** Words that are understood here besides those of the kind. */
  readonly also?: ReadonlyMap<string, string>;
}

/** A flag without `value` is a switch. */
export interface FlagSpec {
  readonly name: string;
  readonly value: ParamKind | null;
  readonly summary: string;
  readonly choices?: readonly string[];
}

/** Words after parsing: positional values by name, flags by name. Nothing is interpreted yet. */
export interface Arguments {
  readonly values: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
  readonly flags: ReadonlyMap<string, string | true>;
}

/** The newest command that failed here, for `why refused`. */
export interface LastFailure {
  readonly line: string;
  /** Wall-clock milliseconds since 1970. */
  readonly time: number;
  readonly kind: ErrorKind;
  readonly message: string;
}

export interface CommandContext {
  readonly driver: ClusterDriver;
  /** Nodes marked in the console; empty elsewhere. */
  readonly marked: readonly NodeId[];
  /** The node under the cursor in the console. */
  readonly cursor: NodeId | null;
  readonly signal: AbortSignal;
  /** Shows a part of the result that is there before the end; resolves when there is room for more. Not given: nobody looks. */
  readonly emit?: (part: ResultPart) => Promise<void> | void;
  readonly lastFailure?: LastFailure | null;
  /** The past is shown, and this is its time in wall-clock milliseconds; the driver is that of the past. */
  readonly wall?: number;
  /** Why nothing may be changed. */
  readonly readOnly?: string;
  /** Only in the full-screen console. */
  readonly console?: ConsoleControls;
  /** How results are shown; simple where nobody keeps it. */
  readonly output?: OutputControl;
}

/** As redis-cli shows them, as tables, or one line of JSON each. */
export const OUTPUTS = ['simple', 'table', 'json'] as const;
export type OutputForm = (typeof OUTPUTS)[number];

export interface OutputControl {
  form(): OutputForm;
  set(form: OutputForm): void;
}

export interface ResultTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The looks of the console, in the order in which a key goes through them. */
export const THEMES = ['dark', 'light', '16', 'colour-blind', 'mono'] as const;
export type ThemeName = (typeof THEMES)[number];

export function isTheme(name: string): name is ThemeName {
  return THEMES.some((theme) => theme === name);
}

/** What commands may do to the console in which they are given. */
export interface ConsoleControls {
  /** Resolves with the path of the new file; null chooses a name in this folder. */
  saveRecording(file: string | null): Promise<string>;
  setWritable(on: boolean): void;
  setTheme(theme: ThemeName): void;
  /** Begins a lesson on this cluster, or with null leaves the one under way. Resolves with what was done, in a line. */
  openLesson(name: string | null): Promise<string>;
}

/**
 * What came out. `lines` is for people and still unescaped: pass it through `safe` before a terminal sees it.
 * `json` is the machine's form of the same. `exit` follows the table of exit codes.
 */
export interface CommandResult {
  readonly lines: readonly string[];
  readonly json: unknown;
  readonly exit: 0 | 1 | 2 | 3 | 4 | 5;
  /** A short remark under the result: `rev 1287 T8 4.1 ms`. */
  readonly trailer?: string;
  /** What a pipe gets instead of `lines`, byte for byte. */
  readonly raw?: string;
  /** The lines are sentences, to be broken between words where they are too long. */
  readonly prose?: boolean;
  /** The same in columns, where it has any. */
  readonly table?: ResultTable;
}

/** Like a result: `json` null says nothing to a machine, `raw` is what a pipe gets. */
export type ResultPart = Required<Pick<CommandResult, 'lines' | 'json' | 'raw'>>;

export interface CommandSpec {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly group: Group;
  /** One line, starting with a verb. */
  readonly summary: string;
  readonly params: readonly ParamSpec[];
  readonly flags: readonly FlagSpec[];
  /** Complete lines as one would type them in the shell. */
  readonly examples: readonly string[];
  readonly surfaces: readonly Surface[];
  readonly needs: Capability | null;
  /** It speaks of what happened: a driver that watches must have listened. */
  readonly watches?: boolean;
  /** The action it stands for, when it is one: asked for its consequence before it runs. Throws UsageError. */
  readonly action?: (context: CommandContext, args: Arguments) => ClusterAction;
  readonly run: (context: CommandContext, args: Arguments) => Promise<CommandResult>;
}

/** Wrong words, with what to type instead. `column` counts UTF-16 units from 0 in the line; null when there is no line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly column: number | null;
  readonly next: string | null;

  constructor(message: string, hint: { readonly column?: number | null; readonly next?: string | null } = {}) {
    super(message);
    this.column = hint.column ?? null;
    this.next = hint.next ?? null;
  }
}
