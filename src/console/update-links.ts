/** Editing the link under the cursor in place. A burst of keys is one change, so that one undo takes it back. */
import type { NodeId } from '../base/brand.ts';
import type { ClusterAction } from '../cluster/driver.ts';
import { formatDuration } from '../commands/duration.ts';
import { type LinkRule, linkFaultOf, NO_RULE, ruleOf, ruleText } from '../commands/link-rule.ts';
import { withFlash } from './flash.ts';
import type { Action } from './keymap.ts';
import type { Step } from './messages.ts';
import type { ConsoleState, LinkEdit } from './state.ts';
import { startAction } from './update-commands.ts';
import { readOnlyReason } from './update-moment.ts';
import { openCommandLine } from './update-prompt.ts';

const MOST_DELAY_MS = 10_000;
const MOST_LOSS = 0.9;
/** A fault is seen some time after it was set: until then the next edit goes on from what was sent. */
const SEEN_LATE_MS = 2_000;

const still = (state: ConsoleState): Step<ConsoleState> => ({ state, effects: [] });

interface Link {
  readonly from: NodeId;
  readonly to: NodeId;
}

/** Null for a key that does not edit a link. */
export function linkAction(state: ConsoleState, action: Action): Step<ConsoleState> | null {
  switch (action) {
    case 'link-slower':
      return edit(state, (rule) => ({ ...rule, delayMs: shifted(rule.delayMs, 1) }));
    case 'link-quicker':
      return edit(state, (rule) => ({ ...rule, delayMs: shifted(rule.delayMs, -1) }));
    case 'link-loss':
      return edit(state, (rule) => ({ ...rule, drop: rule.drop >= MOST_LOSS ? 0 : Math.round(rule.drop * 10 + 1) / 10 }));
    case 'link-reset':
      return onLink(dropped(state), reset);
    case 'cut-link':
      return afterEdit(state, (settled) => onLink(settled, toggle));
    case 'slow-link':
      return afterEdit(state, (settled) => onLink(settled, writeExactly));
    case 'undo':
    case 'back':
      return isDraft(state.linkEdit) ? still(withFlash(dropped(state), 'The link stays as it was.', 'info')) : null;
    default:
      return null;
  }
}

/** Whoever does something else has finished the edit. */
export function afterEdit(state: ConsoleState, next: (state: ConsoleState) => Step<ConsoleState>): Step<ConsoleState> {
  if (!isDraft(state.linkEdit)) return next(state);
  const sent = sendEdit(state, state.linkEdit);
  const step = next(sent.state);
  return { state: step.state, effects: [...sent.effects, ...step.effects] };
}

export function linkEditDue(state: ConsoleState, id: number): Step<ConsoleState> {
  const { linkEdit } = state;
  return isDraft(linkEdit) && linkEdit.id === id ? sendEdit(state, linkEdit) : still(state);
}

/** What holds on a link, an edit that is on its way included. */
export function ruleOn(state: ConsoleState, { from, to }: Link): LinkRule {
  const { linkEdit, now } = state;
  const fault = linkFaultOf(state.picture, from, to);
  const isHere = linkEdit !== null && linkEdit.from === from && linkEdit.to === to;
  if (isHere && (linkEdit.sentAt === null || (now - linkEdit.sentAt < SEEN_LATE_MS && fault?.id === linkEdit.fault?.id)))
    return linkEdit.rule;
  return fault === null ? NO_RULE : ruleOf(fault);
}

function isDraft(edit: LinkEdit | null): edit is LinkEdit {
  return edit !== null && edit.sentAt === null;
}

const dropped = (state: ConsoleState): ConsoleState => (isDraft(state.linkEdit) ? { ...state, linkEdit: null } : state);

function onLink(state: ConsoleState, run: (state: ConsoleState, link: Link) => Step<ConsoleState>): Step<ConsoleState> {
  const { nodeCursor: from, linkCursor: to } = state;
  if (from === null || to === null || from === to) return still(withFlash(state, 'A node has no link to itself.', 'info'));
  const reason = readOnlyReason(state);
  return reason === null ? run(state, { from, to }) : still(withFlash(state, reason, 'warn'));
}

function edit(state: ConsoleState, change: (rule: LinkRule) => LinkRule): Step<ConsoleState> {
  return onLink(state, (_, link) => {
    const { linkEdit } = state;
    if (isDraft(linkEdit) && (linkEdit.from !== link.from || linkEdit.to !== link.to))
      return afterEdit(state, (settled) => edit(settled, change));
    const id = state.nextId;
    const fault = isDraft(linkEdit) ? linkEdit.fault : linkFaultOf(state.picture, link.from, link.to);
    const next: LinkEdit = { id, ...link, rule: change(ruleOn(state, link)), fault, sentAt: null };
    return { state: { ...state, nextId: id + 1, linkEdit: next, flash: null }, effects: [{ type: 'await-link-edit', id }] };
  });
}

/** In steps that grow with what is there already. */
function shifted([least, most]: LinkRule['delayMs'], direction: 1 | -1): LinkRule['delayMs'] {
  const at = direction > 0 ? most : most - 1;
  const step = at < 100 ? 10 : at < 1_000 ? 50 : 500;
  const moved = (ms: number): number => Math.max(0, Math.min(MOST_DELAY_MS, ms + direction * step));
  return [moved(least), moved(most)];
}

function sendEdit(state: ConsoleState, { from, to, rule, fault: before, ...rest }: LinkEdit): Step<ConsoleState> {
  const sent: ConsoleState = { ...state, linkEdit: { from, to, rule, fault: before, ...rest, sentAt: state.now } };
  const fault = linkFaultOf(state.picture, from, to);
  const text = ruleText(rule);
  if (text === '') return fault === null ? still({ ...sent, linkEdit: null }) : healed(sent, fault.id);
  if (fault !== null && text === ruleText(ruleOf(fault))) return still({ ...sent, linkEdit: null });
  // A fault in both directions is changed as the one that it is.
  const [, first, second] = fault?.command.split(/\s+/) ?? [];
  const turned = rule.bothWays && first === to && second === from;
  const ends: Link = turned ? { from: to, to: from } : { from, to };
  const forMs =
    fault === null || fault.until === null ? null : Math.max(1_000, Math.round((fault.until - state.wall) / 1_000) * 1_000);
  const action: ClusterAction = { type: 'link', ...ends, ...rule, forMs, instead: true };
  const lasting = forMs === null ? '' : ` --for ${formatDuration(forMs)}`;
  return kept(state, startAction(sent, `link ${ends.from} ${ends.to} ${text} --instead${lasting}`, action));
}

/** What is open over the view stays open: the edit was finished by time, not by a key. */
function kept({ overlay }: ConsoleState, step: Step<ConsoleState>): Step<ConsoleState> {
  return overlay === null ? step : { ...step, state: { ...step.state, overlay } };
}

function healed(state: ConsoleState, fault: number): Step<ConsoleState> {
  return kept(state, startAction(state, `heal ${fault}`, { type: 'heal', fault }));
}

function reset(state: ConsoleState, { from, to }: Link): Step<ConsoleState> {
  const fault = linkFaultOf(state.picture, from, to);
  return fault === null
    ? still(withFlash(state, `Nothing is set on the link from ${from} to ${to}.`, 'info'))
    : healed(state, fault.id);
}

function toggle(state: ConsoleState, link: Link): Step<ConsoleState> {
  const fault = linkFaultOf(state.picture, link.from, link.to);
  if (fault !== null) return healed(state, fault.id);
  const cut: ClusterAction = { type: 'link', ...link, bothWays: false, drop: 1, delayMs: [0, 0], duplicate: 0, forMs: null };
  return startAction(state, `cut ${link.from} ${link.to}`, cut);
}

function writeExactly(state: ConsoleState, link: Link): Step<ConsoleState> {
  const text = ruleText(ruleOn(state, link));
  const rest = text === '' ? '--delay 80ms..120ms' : `${text} --instead`;
  return openCommandLine(state, `link ${link.from} ${link.to} ${rest}`);
}
