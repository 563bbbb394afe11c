import { chmodSync, existsSync } from 'node:fs';
import Conf from 'conf';
import { UsageError } from '../commands/command.ts';
import { didYouMean } from '../commands/suggest.ts';
import type { Invocation } from './io.ts';
import { print } from './print.ts';
import { CONFIG_NAME, configDir, SETTINGS } from './settings-file.ts';

type Name = keyof typeof SETTINGS;
type Values = Record<string, string | boolean>;

export async function runConfig({ io, globals, args }: Invocation): Promise<number> {
  const [action = 'show', name, value] = args;
  const store = openStore(configDir(io.env));
  switch (action) {
    case 'show': {
      const names = Object.keys(SETTINGS).filter(isName);
      const lines = names.map(
        (each) => `${each.padEnd(8)} ${String(store.get(each) ?? '(not set)').padEnd(12)} ${SETTINGS[each].summary}`,
      );
      await print(io, globals, lines, Object.fromEntries(names.map((each) => [each, store.get(each) ?? null])));
      return 0;
    }
    case 'path':
      await print(io, globals, [store.path], { path: store.path });
      return 0;
    case 'get': {
      const found = store.get(settingName(name));
      await print(io, globals, found === undefined ? [] : [String(found)], { value: found ?? null });
      return found === undefined ? 3 : 0;
    }
    case 'set':
      set(store, settingName(name), value);
      return 0;
    case 'unset':
      store.delete(settingName(name));
      return 0;
    default:
      throw new UsageError(`config cannot "${action}"`, {
        next: didYouMean(action, ['get', 'set', 'unset', 'path']) ?? 'get, set, unset or path',
      });
  }
}

/** A damaged file is put aside by conf and begun anew; nobody but its owner may read it. */
function openStore(cwd: string): Conf<Values> {
  const schema = Object.fromEntries(Object.entries(SETTINGS).map(([name, { summary: _, ...rule }]) => [name, rule]));
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
