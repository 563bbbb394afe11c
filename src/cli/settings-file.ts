/** Preferences, read without loading the library that writes them: every command looks at them, few change them. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { THEMES } from '../commands/command.ts';
import { LANGUAGES } from '../lesson/text.ts';

export interface Settings {
  readonly theme?: string;
  readonly ascii?: boolean;
  readonly cluster?: string;
  readonly home?: string;
  readonly lang?: string;
  /** Keys of the console by action, as they were typed. */
  readonly keys: ReadonlyMap<string, string>;
}

/** What may be set, with the JSON schema that `config set` checks against. */
export const SETTINGS = {
  theme: { type: 'string', enum: [...THEMES], summary: `colours of the console: ${THEMES.join(', ')}` },
  ascii: { type: 'boolean', summary: 'draw with plain characters: true or false' },
  lang: { type: 'string', enum: [...LANGUAGES], summary: 'language of lessons: en or zh (default: as $LC_ALL or $LANG says)' },
  cluster: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]{0,63}$', summary: 'the cluster meant when --cluster is not given' },
  home: { type: 'string', minLength: 1, summary: 'the folder meant when neither --home nor $RAFTKV_HOME is given' },
} as const;

export const CONFIG_NAME = 'config';

type Environment = Readonly<Record<string, string | undefined>>;

export function configDir(env: Environment): string {
  const xdg = env['XDG_CONFIG_HOME'];
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.config'), 'raftkv-tui');
}

export function stateDir(env: Environment): string {
  const xdg = env['XDG_STATE_HOME'];
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'state'), 'raftkv-tui');
}

export const historyFile = (env: Environment): string => join(stateDir(env), 'history');

/** Whatever is missing or wrong in the file counts as not set: a bad preference must not lock anyone out. */
export function readSettings(env: Environment): Settings {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(join(configDir(env), `${CONFIG_NAME}.json`), 'utf8'));
  } catch {
    return { keys: new Map() };
  }
  if (typeof parsed !== 'object' || parsed === null) return { keys: new Map() };
  const found = new Map<string, unknown>(Object.entries(parsed));
  const text = (name: string): string | undefined => {
    const value = found.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const theme = text('theme');
  const cluster = text('cluster');
  const home = text('home');
  const lang = text('lang');
  const ascii = found.get('ascii');
  return {
    ...(theme === undefined ? {} : { theme }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(home === undefined ? {} : { home }),
    ...(lang === undefined ? {} : { lang }),
    ...(typeof ascii === 'boolean' ? { ascii } : {}),
    keys: keysOf(found.get('keys')),
  };
}

/** Whatever is no text is passed over. */
export function keysOf(value: unknown): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(Object.entries(value).flatMap(([name, keys]) => (typeof keys === 'string' ? [[name, keys] as const] : [])));
}
