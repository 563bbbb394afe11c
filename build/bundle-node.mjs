/**
 * Makes one file of all that a node process runs, after the compiler: of its start most was the loading of 160 modules.
 * dist/node/main.js then loads that file; every other module of dist stays what it is. Run: node build/bundle-node.mjs
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { editing, ONLY_FOR_WSS } from './edits.mjs';

const NODE = fileURLToPath(new URL('../dist/node/', import.meta.url));

const bundle = await rolldown({ input: `${NODE}main.js`, platform: 'node', plugins: [editing(ONLY_FOR_WSS)] });
// As CommonJS: an import statement would read every export of a built-in module, and some of those load others.
await bundle.write({ file: `${NODE}bundle.cjs`, format: 'cjs', codeSplitting: false, comments: false });
await bundle.close();
writeFileSync(
  `${NODE}main.js`,
  `import { createRequire } from 'node:module';\nexport const { runNode } = createRequire(import.meta.url)('./bundle.cjs');\n`,
);
