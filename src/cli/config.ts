import { chmodSync, existsSync } from 'node:fs';
import Conf from 'conf';
import { UsageError } from '../commands/command.ts';
import { didYouMean } from '../commands/suggest.ts';
import { chosen, KeyProblem, keymapOf, keyRows, parseKeys, REBINDABLE } from '../console/key-preferences.ts';
import type { Invocation } from './io.ts';
import { print } from './print.ts';
import { CONFIG_NAME, configDir, keysOf, SETTINGS } from './settings-file.ts';

type Name = keyof typeof SETTINGS;
type Values = Record<string, unknown>;

export async function runConfig(invocation: Invocation): Promise<number> {
  const { io, globals, args } = invocation;
  const [action = 'show', name, value] = spelledOut(args);
  const store = openStore(configDir(io.env));
  switch (action) {
    case 'show':
      await show(invocation, store);
      return 0;
    case 'keys':
      await showKeys(invocation, store);
      return 0;
    case 'path':
      await print(io, globals, [store.path], { path: store.path });
      return 0;
    case 'get': {
      const found = isKeyName(name) ? chosenKeys(store).get(actionOf(name)) : store.get(settingName(name));
      await print(io, globals, found === undefined ? [] : [String(found)], { value: found ?? null });
      return found === undefined ? 3 : 0;
    }
    case 'set':
      if (isKeyName(name)) setKeys(store, actionOf(name), value);
      else set(store, settingName(name), value);
      return 0;
    case 'unset':
      store.delete(isKeyName(name) ? `keys.${actionOf(name)}` : settingName(name));
      return 0;
    default:
      throw new UsageError(`config cannot "${action}"`, {
        next: didYouMean(action, ['get', 'set', 'unset', 'path', 'keys']) ?? 'get, set, unset, path or keys',
      });
  }
}

/** `config theme light` sets, `config theme` asks. */
function spelledOut(args: readonly string[]): readonly string[] {
  const [first = '', ...rest] = args;
  if (!isName(first) && !isKeyName(first)) return args;
  return [rest.length === 0 ? 'get' : 'set', first, ...rest];
}

async function show({ io, globals }: Invocation, store: Conf<Values>): Promise<void> {
  const names = Object.keys(SETTINGS).filter(isName);
  const lines = names.map(
    (each) => `${each.padEnd(8)} ${String(store.get(each) ?? '(not set)').padEnd(12)} ${SETTINGS[each].summary}`,
  );
  const keys = [...chosenKeys(store)].map(([action, keys]) => `keys.${action} ${keys}`);
  const values = Object.fromEntries(names.map((each) => [each, store.get(each) ?? null]));
  const more = 'keys.ACTION           keys of the console, as in config keys.undo z,Ctrl-X; config keys lists them all';
  await print(io, globals, [...lines, more, ...keys], { ...values, keys: Object.fromEntries(chosenKeys(store)) });
}

async function showKeys({ io, globals }: Invocation, store: Conf<Values>): Promise<void> {
  const { keymap, problems } = keymapOf(chosenKeys(store));
  const rows = keyRows(keymap);
  const [names, keys] = [0, 1].map((place) => Math.max(...rows.map((row) => (row[place] ?? '').length)));
  const lines = rows.map(([name, shown, summary]) => `${name.padEnd(names ?? 0)}  ${shown.padEnd(keys ?? 0)}  ${summary}`);
  await print(io, globals, [...lines, ...problems], Object.fromEntries(rows.map(([name, shown]) => [name, shown])));
}

const KEYS = 'keys.';
const isKeyName = (name: string | undefined): name is string => name?.startsWith(KEYS) === true;

/** The keys that were chosen, by action; the file may hold anything. */
const chosenKeys = (store: Conf<Values>): ReadonlyMap<string, string> => keysOf(store.get('keys'));

function actionOf(name: string): string {
  const action = name.slice(KEYS.length);
  if (REBINDABLE.some((each) => each === action)) return action;
  throw new UsageError(`there is no "${name}"`, { next: didYouMean(action, REBINDABLE) ?? 'config keys lists them' });
}

/** Refused when another action has one of the keys. */
function setKeys(store: Conf<Values>, action: string, text: string | undefined): void {
  if (text === undefined)
    throw new UsageError(`config set keys.${action} needs keys`, { next: 'z, Ctrl-X, or several with commas; none' });
  try {
    const others = new Map([...chosenKeys(store)].filter(([each]) => each !== action));
    chosen(keymapOf(others).keymap, action, parseKeys(text));
  } catch (error) {
    if (error instanceof KeyProblem) throw new UsageError(error.message, { next: error.next });
    throw error;
  }
  store.set(`keys.${action}`, text);
}

/** A damaged file is put aside by conf and begun anew; nobody but its owner may read it. */
function openStore(cwd: string): Conf<Values> {
  const rules = Object.entries(SETTINGS).map(([name, { summary: _, ...rule }]) => [name, rule] as const);
  const schema = { ...Object.fromEntries(rules), keys: { type: 'object', additionalProperties: { type: 'string' } } } as const;
  const store = new Conf<Values>({
    projectName: 'raftkv-tui',
    cwd,
    configName: CONFIG_NAME,
    configFileMode: 0o600,
    clearInvalidConfig: true,
    schema,
  });
  if (existsSync(store.path)) chmodSync(store.path, 0o600);
  return store;
}

function set(store: Conf<Values>, name: Name, value: string | undefined): void {
  if (value === undefined) throw new UsageError(`config set ${name} needs a value`, { next: SETTINGS[name].summary });
  const wantsSwitch = SETTINGS[name].type === 'boolean';
  if (wantsSwitch && value !== 'true' && value !== 'false') {
    throw new UsageError(`${name} cannot be "${value}"`, { next: 'true or false' });
  }
  try {
    store.set(name, wantsSwitch ? value === 'true' : value);
  } catch {
    throw new UsageError(`${name} cannot be "${value}"`, { next: SETTINGS[name].summary });
  }
}

function settingName(name: string | undefined): Name {
  const known = Object.keys(SETTINGS);
  if (name === undefined) throw new UsageError('which setting?', { next: known.join(', ') });
  if (isName(name)) return name;
  throw new UsageError(`there is no setting "${name}"`, { next: didYouMean(name, known) ?? known.join(', ') });
}

function isName(name: string): name is Name {
  return Object.hasOwn(SETTINGS, name);
}
