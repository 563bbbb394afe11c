/** What concerns the console itself: its recording, and whether it may change things. */
import { type CommandContext, type CommandSpec, type ConsoleControls, isTheme, THEMES, UsageError } from './command.ts';
import { required } from './flags.ts';

const record: CommandSpec = {
  name: 'record',
  aliases: [],
  group: 'views',
  summary: 'Save what this console has recorded to a new file, for raftkv-tui replay or a report.',
  params: [
    { name: 'what', kind: 'choice', summary: 'save', required: true, choices: ['save'] },
    { name: 'file', kind: 'file', summary: 'a new file (default: a name with the time, in this folder)', required: false },
  ],
  flags: [],
  examples: ['record save', 'record save split-vote.ndjson'],
  surfaces: ['console'],
  needs: null,
  run: async (context, args) => {
    const path = await controlsOf(context).saveRecording(args.values.get('file') ?? null);
    return { lines: [`saved ${path}; raftkv-tui replay ${path} opens it`], json: { saved: path }, exit: 0 };
  },
};

const write: CommandSpec = {
  name: 'write',
  aliases: [],
  group: 'views',
  summary: 'Let this console change things, or only look; an attached console only looks at first.',
  params: [{ name: 'switch', kind: 'choice', summary: 'on or off', required: true, choices: ['on', 'off'] }],
  flags: [],
  examples: ['write on', 'write off'],
  surfaces: ['console'],
  needs: null,
  run: async (context, args) => {
    const on = required(args, 'switch') === 'on';
    controlsOf(context).setWritable(on);
    return { lines: [], json: { write: on }, exit: 0 };
  },
};

const theme: CommandSpec = {
  name: 'theme',
  aliases: [],
  group: 'views',
  summary: 'Change the colours of this console; config set theme keeps them.',
  params: [{ name: 'name', kind: 'choice', summary: THEMES.join(', '), required: true, choices: [...THEMES] }],
  flags: [],
  examples: ['theme light', 'theme colour-blind'],
  surfaces: ['console'],
  needs: null,
  run: async (context, args) => {
    const name = required(args, 'name');
    if (isTheme(name)) controlsOf(context).setTheme(name);
    return { lines: [], json: { theme: name }, exit: 0 };
  },
};

const lesson: CommandSpec = {
  name: 'lesson',
  aliases: [],
  group: 'views',
  summary: 'Begin a guided lesson on this cluster, or stop the one under way; without a name, list them.',
  params: [{ name: 'name', kind: 'text', summary: 'the name or number of a lesson, ls or stop', required: false }],
  flags: [],
  examples: ['lesson', 'lesson split-vote', 'lesson stop'],
  surfaces: ['console'],
  needs: null,
  run: async (context, args) => {
    const name = args.values.get('name') ?? 'ls';
    if (context.readOnly !== undefined && name !== 'ls' && name !== 'stop') throw new UsageError(context.readOnly);
    const told = await controlsOf(context).openLesson(name === 'stop' ? null : name);
    return { lines: told.split('\n').filter((line) => line !== ''), json: { lesson: name }, exit: 0 };
  },
};

function controlsOf({ console: controls }: CommandContext): ConsoleControls {
  if (controls === undefined) throw new UsageError('this works in the console only', { next: 'open it: raftkv-tui attach' });
  return controls;
}

export const CONSOLE_COMMANDS: readonly CommandSpec[] = [record, write, theme, lesson];
