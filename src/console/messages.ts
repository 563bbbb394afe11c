/** What can happen to the console, and what it can ask of the world. Both are data. */
import type { NodeId } from '../base/brand.ts';
import type { ChecksPicture, ClusterAction, ClusterEvent, ClusterPicture } from '../cluster/driver.ts';
import type { CommandResult, ThemeName } from '../commands/command.ts';
import type { Completion } from '../commands/completion.ts';
import type { Consequence } from '../commands/consequence.ts';
import type { EditKey } from '../commands/line-editor.ts';
import type { RangeResult } from '../kv/commands.ts';
import type { LessonInput, ShownLesson } from '../lesson/shown.ts';
import type { LogRow } from '../replica/status.ts';
import type { TortureTold } from '../torture/progress.ts';
import type { KeyMoment } from './key-moment.ts';
import type { LoadedKey } from './load-key.ts';
import type { Severity, Size } from './state.ts';
import type { Moment, Move } from './traveller.ts';

/** `now` is monotonic, `wall` since 1970; both in milliseconds. */
interface Stamped {
  readonly now: number;
  readonly wall: number;
}

export type Message =
  | (Stamped & {
      readonly type: 'data';
      readonly picture: ClusterPicture;
      readonly ownsNodes: boolean;
      readonly checks?: ChecksPicture | null;
      readonly events: readonly ClusterEvent[];
      readonly dropped: number;
    })
  | (Stamped & { readonly type: 'clock' })
  | (Stamped & { readonly type: 'key'; readonly key: EditKey })
  | { readonly type: 'resize'; readonly size: Size }
  /** No key has followed for a while: the edit of a link is complete. */
  | { readonly type: 'link-edit-due'; readonly id: number }
  | { readonly type: 'flash'; readonly text: string; readonly severity: Severity }
  /** A story goes on; null when it has ended. */
  | { readonly type: 'narration'; readonly text: string | null }
  /** A page of a lesson, or a change of it; null when the lesson is left. */
  | { readonly type: 'lesson'; readonly shown: ShownLesson | null }
  | { readonly type: 'torture'; readonly told: TortureTold }
  /** A line was read and asks to be confirmed before it runs. */
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly line: string;
      readonly action: ClusterAction;
      readonly consequence: Consequence;
      readonly where: Where;
    }
  | ({ readonly type: 'key-detail'; readonly id: number } & LoadedKey)
  /** Lines of a command that goes on. */
  | { readonly type: 'told'; readonly id: number; readonly lines: readonly string[] }
  | {
      readonly type: 'finished';
      readonly id: number;
      readonly line: string;
      readonly result: CommandResult;
      readonly where: Where;
      /** The command as events show it, when it may have changed something; null for one that only looks. */
      readonly change: string | null;
    }
  /** Null: there is nothing where the move would lead. `begins`: the recording does, in wall-clock milliseconds. */
  | { readonly type: 'moment'; readonly move: Move; readonly moment: Moment | null; readonly begins?: number | null }
  | { readonly type: 'writable'; readonly on: boolean }
  | { readonly type: 'theme'; readonly theme: ThemeName }
  | { readonly type: 'history'; readonly lines: readonly string[] }
  | { readonly type: 'completed'; readonly line: string; readonly completion: Completion }
  | { readonly type: 'previewed'; readonly line: string; readonly text: string; readonly severity: Severity }
  | { readonly type: 'keys-page'; readonly request: KeysRequest; readonly page: KeysPage }
  | { readonly type: 'log-page'; readonly window: string; readonly loaded: ReadonlyMap<NodeId, readonly LogRow[]> };

/** Where a command was typed, which decides where its result is shown. */
export type Where = 'shell' | 'command' | 'key';

export interface KeysRequest {
  readonly id: number;
  readonly prefix: string;
  /** `from`: rows at and after a key; `before`: rows before a key; `end`: the last rows; `around` reloads the window. */
  readonly kind: 'from' | 'after' | 'before' | 'end' | 'around';
  readonly key: string;
  readonly limit: number;
  /** As it was at this revision; null: now. */
  readonly at: number | null;
}

export type KeysPage =
  | { readonly ok: true; readonly result: RangeResult; readonly stale: boolean }
  | { readonly ok: false; readonly problem: string };

export type Effect =
  | {
      readonly type: 'run-line';
      readonly id: number;
      readonly line: string;
      readonly where: Where;
      readonly marked: readonly NodeId[];
      readonly cursor: NodeId | null;
    }
  | { readonly type: 'act'; readonly id: number; readonly line: string; readonly action: ClusterAction; readonly where: Where }
  | { readonly type: 'await-link-edit'; readonly id: number }
  | { readonly type: 'cancel' }
  | { readonly type: 'remember'; readonly line: string }
  | { readonly type: 'complete'; readonly line: string; readonly cursor: number }
  | { readonly type: 'preview'; readonly line: string; readonly marked: readonly NodeId[]; readonly cursor: NodeId | null }
  | { readonly type: 'load-keys'; readonly request: KeysRequest }
  | { readonly type: 'load-key'; readonly id: number; readonly key: string; readonly at: KeyMoment | null }
  | {
      readonly type: 'load-log';
      readonly window: string;
      readonly nodes: readonly NodeId[];
      readonly first: number;
      readonly count: number;
    }
  | { readonly type: 'travel'; readonly move: Move }
  /** Travelling is over. */
  | { readonly type: 'present' }
  /** What this console did belongs into the recording. */
  | { readonly type: 'record'; readonly event: ClusterEvent }
  /** Null chooses a name. */
  | { readonly type: 'save-recording'; readonly file: string | null }
  /** Null leaves the lesson. */
  | { readonly type: 'lesson'; readonly input: LessonInput | null }
  | { readonly type: 'suspend' }
  | { readonly type: 'redraw' }
  | { readonly type: 'quit'; readonly detach: boolean };

export interface Step<State> {
  readonly state: State;
  readonly effects: readonly Effect[];
}
