/**
 * Makes one file of all that a node process runs, after the compiler: of its start most was the loading of 160 modules.
 * dist/node/main.js then loads that file; every other module of dist stays what it is. Run: node build/bundle-node.mjs
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const NODE = fileURLToPath(new URL('../dist/node/', import.meta.url));

/** What only wss needs, and what a start is therefore better off without. Each text must stand once in its file. */
const LAZY = [
  ['ws/lib/websocket.js', "const https = require('https');", lazily('https')],
  ['ws/lib/websocket.js', "const tls = require('tls');", lazily('tls')],
];

function lazily(name) {
  return `const ${name} = new Proxy({}, { get: (_, member) => require('${name}')[member] });`;
}

const loadLazily = {
  name: 'load-lazily',
  transform(code, id) {
    let changed = code;
    for (const [, text, replacement] of LAZY.filter(([file]) => id.endsWith(file))) {
      const parts = changed.split(text);
      if (parts.length !== 2) throw new Error(`${id} no longer has, once: ${text}`);
      changed = parts.join(replacement);
    }
    return changed === code ? null : changed;
  },
};

const bundle = await rolldown({ input: `${NODE}main.js`, platform: 'node', plugins: [loadLazily] });
// As CommonJS: an import statement would read every export of a built-in module, and some of those load others.
await bundle.write({ file: `${NODE}bundle.cjs`, format: 'cjs', codeSplitting: false });
await bundle.close();
writeFileSync(
  `${NODE}main.js`,
  `import { createRequire } from 'node:module';\nexport const { runNode } = createRequire(import.meta.url)('./bundle.cjs');\n`,
);
