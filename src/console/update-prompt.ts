/** Writing lines: the shell's prompt and the command line, with completion and previews. */
import type { Candidate, Completion } from '../commands/completion.ts';
import { ghostText } from '../commands/completion.ts';
import { clearLine, type Edit, type EditKey, editLine, type LineState, withText } from '../commands/line-editor.ts';
import { keyName } from './key-input.ts';
import type { Effect, Step } from './messages.ts';
import { type ConsoleState, EMPTY_PROMPT, type Prompt, type Severity } from './state.ts';
import { runTyped } from './update-commands.ts';
import { transcriptScrolled } from './views/transcript.ts';

/** Opens the command line over any view. `text` is there already, to be completed. */
export function openCommandLine(state: ConsoleState, text: string): Step<ConsoleState> {
  const prompt = { ...EMPTY_PROMPT, line: withText(EMPTY_PROMPT.line, text) };
  return { state: { ...state, overlay: { type: 'command', prompt } }, effects: previewOf(state, text) };
}

export function shellKey(state: ConsoleState, key: EditKey): Step<ConsoleState> {
  const name = keyName(key);
  if (name === 'escape' && state.prompt.line.search === null) {
    if (state.prompt.candidates.length > 0) return still({ ...state, prompt: { ...state.prompt, candidates: [] } });
    return still({ ...state, view: state.previous === 'shell' ? 'overview' : state.previous, previous: 'shell' });
  }
  if (name === 'page-up') return still(transcriptScrolled(state, 1));
  if (name === 'page-down') return still(transcriptScrolled(state, -1));
  return typed(state, state.prompt, key, 'shell');
}

export function commandKey(state: ConsoleState, prompt: Prompt, key: EditKey): Step<ConsoleState> {
  const name = keyName(key);
  if (name === 'escape' && prompt.line.search === null) return still({ ...state, overlay: null });
  if (name === 'backspace' && prompt.line.text === '') return still({ ...state, overlay: null });
  return typed(state, prompt, key, 'command');
}

const still = (state: ConsoleState): Step<ConsoleState> => ({ state, effects: [] });

function typed(state: ConsoleState, prompt: Prompt, key: EditKey, where: 'shell' | 'command'): Step<ConsoleState> {
  const edit = edited(state, prompt, key);
  switch (edit.effect) {
    case 'submit':
      return submit(state, prompt.line, where);
    case 'end-of-input':
      return still(where === 'command' ? { ...state, overlay: null } : { ...state, view: state.previous, previous: 'shell' });
    case 'complete':
      return { state, effects: [{ type: 'complete', line: prompt.line.text, cursor: prompt.line.cursor }] };
    case 'redraw':
      return { state, effects: [{ type: 'redraw' }] };
    default: {
      const next = {
        ...prompt,
        line: edit.state,
        candidates: [],
        preview: edit.state.text === prompt.line.text ? prompt.preview : null,
      };
      return {
        state: withPrompt(state, where, next),
        effects: edit.state.text === prompt.line.text ? [] : previewOf(state, edit.state.text),
      };
    }
  }
}

/** At the end of the line, the right arrow takes what the grey text offers. */
function edited(state: ConsoleState, { line }: Prompt, key: EditKey): Edit {
  const name = keyName(key);
  const atEnd = line.search === null && line.cursor === line.text.length;
  if (atEnd && (name === 'right' || name === 'ctrl-e' || name === 'end')) {
    const ghost = ghostText(line.text, state.history);
    if (ghost !== '') return { state: withText(line, line.text + ghost), effect: null };
  }
  return editLine(line, key, state.history);
}

function previewOf(state: ConsoleState, line: string): readonly Effect[] {
  return [{ type: 'preview', line, marked: state.marked, cursor: state.nodeCursor }];
}

function withPrompt(state: ConsoleState, where: 'shell' | 'command', prompt: Prompt): ConsoleState {
  return where === 'shell' ? { ...state, prompt, transcriptTop: 0 } : { ...state, overlay: { type: 'command', prompt } };
}

function submit(state: ConsoleState, line: LineState, where: 'shell' | 'command'): Step<ConsoleState> {
  const text = line.text;
  if (where === 'command') {
    const closed = { ...state, overlay: null };
    return text.trim() === '' ? still(closed) : runTyped(closed, text, 'command');
  }
  const cleared = { ...state, prompt: { ...EMPTY_PROMPT, line: clearLine(line) } };
  if (text.trim() === '') return still(cleared);
  if (text.trim() === 'clear') return still({ ...cleared, transcript: [] });
  return runTyped(cleared, text, 'shell');
}

function promptInUse(state: ConsoleState): { readonly prompt: Prompt; readonly where: 'shell' | 'command' } | null {
  if (state.overlay?.type === 'command') return { prompt: state.overlay.prompt, where: 'command' };
  return state.overlay === null && state.view === 'shell' ? { prompt: state.prompt, where: 'shell' } : null;
}

/** One candidate is put in, several put in what they share and are then listed. Late answers to an older line are dropped. */
export function takeCompletion(state: ConsoleState, line: string, completion: Completion): Step<ConsoleState> {
  const use = promptInUse(state);
  if (use === null || use.prompt.line.text !== line) return still(state);
  const { from, to, candidates } = completion;
  const [only] = candidates;
  if (only === undefined) return still(state);
  const single = candidates.length === 1;
  const put = single ? `${only.text} ` : sharedBeginning(candidates, line.slice(from, to));
  const text = line.slice(0, from) + put + line.slice(to);
  const next = {
    line: withText(use.prompt.line, text, from + put.length),
    candidates: single ? [] : candidates,
    preview: null,
  };
  return { state: withPrompt(state, use.where, next), effects: previewOf(state, text) };
}

function sharedBeginning(candidates: readonly Candidate[], typedPart: string): string {
  let shared = candidates[0]?.text ?? '';
  for (const { text } of candidates) {
    while (!text.startsWith(shared)) shared = shared.slice(0, -1);
  }
  return shared.length > typedPart.length ? shared : typedPart;
}

export function takePreview(state: ConsoleState, line: string, text: string, severity: Severity): ConsoleState {
  const use = promptInUse(state);
  if (use === null || use.prompt.line.text !== line) return state;
  return withPrompt(state, use.where, { ...use.prompt, preview: text === '' ? null : { text, severity } });
}
