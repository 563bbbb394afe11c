/** What bundles leave out of the packages they take in. Each text must stand in its file as often as is said here. */

/** What only wss needs, and what a start is therefore better off without. */
export const ONLY_FOR_WSS = [
  { file: 'ws/lib/websocket.js', text: "const https = require('https');", times: 1, becomes: lazily('https') },
  { file: 'ws/lib/websocket.js', text: "const tls = require('tls');", times: 1, becomes: lazily('tls') },
];

/** Tools for the developers of Ink, which nobody has installed beside a bundle. */
export const NO_DEVTOOLS = { file: 'ink/build/reconciler.js', text: "process.env['DEV'] === 'true'", times: 2, becomes: 'false' };

/** Screens of whole rows are put together by our own function, and so is what is written for a row that has changed. */
export const quickFrames = (screen, line) => [
  {
    file: 'ink/build/renderer.js',
    text: '        const output = new Output({\n',
    times: 1,
    becomes: `        const quick = staticNode === undefined ? quickScreen(node, squashTextNodes) : null;\n        if (quick !== null) return { ...quick, staticOutput: '' };\n        const output = new Output({\n`,
    imports: `import { quickScreen } from ${JSON.stringify(screen)};\nimport squashTextNodes from './squash-text-nodes.js';\n`,
  },
  {
    file: 'ink/build/line-update.js',
    text: 'export default function lineUpdate(previous, next, columns) {\n',
    times: 1,
    becomes: `export default function lineUpdate(previous, next, columns) {\n    const quick = quickLine(previous, next, columns);\n    if (quick !== null) return quick;\n`,
    imports: `import { quickLine } from ${JSON.stringify(line)};\n`,
  },
];

/** What is painted has nothing in it to leave out, and is measured at once. */
export const quickText = (file) => [
  {
    file: 'ink/build/squash-text-nodes.js',
    text: "    text = sanitizeAnsi(text.replaceAll('\\r\\n', '\\n'));\n",
    times: 1,
    becomes: "    text = cleanText(text.replaceAll('\\r\\n', '\\n'), sanitizeAnsi);\n",
    imports: `import { cleanText } from ${JSON.stringify(file)};\n`,
  },
  {
    file: 'ink/build/dom.js',
    text: '    const dimensions = measureText(text);\n',
    times: 1,
    becomes: '    const dimensions = extentOf(text);\n',
    imports: `import { extentOf } from ${JSON.stringify(file)};\n`,
  },
];

function lazily(name) {
  return `const ${name} = new Proxy({}, { get: (_, member) => require('${name}')[member] });`;
}

/** A plugin that makes these edits, and fails the build when a package no longer has what it edits. */
export function editing(edits) {
  const made = new Set();
  return {
    name: 'editing',
    transform(code, id) {
      const mine = edits.filter(({ file }) => id.endsWith(`/node_modules/${file}`));
      if (mine.length === 0) return null;
      let changed = code;
      for (const edit of mine) {
        const parts = changed.split(edit.text);
        if (parts.length - 1 !== edit.times) throw new Error(`${id} no longer has, ${edit.times} times: ${edit.text}`);
        changed = (edit.imports ?? '') + parts.join(edit.becomes);
        made.add(edit);
      }
      return changed;
    },
    buildEnd(error) {
      if (error !== undefined) return;
      const missed = edits.filter((edit) => !made.has(edit)).map(({ file }) => file);
      if (missed.length > 0) throw new Error(`not in the bundle, though it is to be edited: ${missed.join(', ')}`);
    },
  };
}

/**
 * A plugin that gets built-in modules without import statements: one of those reads every export of the module, and some
 * exports load others when they are read.
 */
export const builtinsUnread = {
  name: 'builtins-unread',
  renderChunk(code) {
    return code.replace(/^import (.+) from "(node:[a-z_/]+)";$/gm, (_, names, module) => {
      const from = `globalThis.process.getBuiltinModule("${module}")`;
      const star = names.match(/^\* as (\S+)$/);
      if (star !== null) return `const ${star[1]} = ${from};`;
      const [, plain, braced] = names.match(/^([^{,\s]+)?(?:, )?(?:\{(.*)\})?$/);
      const parts = plain === undefined ? [] : [`const ${plain} = ${from};`];
      if (braced !== undefined) parts.push(`const {${braced.replaceAll(' as ', ': ')}} = ${from};`);
      return parts.join(' ');
    });
  },
};
