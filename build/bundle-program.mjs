/**
 * Makes a few files of all that the command line and the console run, after the compiler and the bundle of the node: a start
 * used to find, read and link some 90 modules, a console 200 more. dist/cli/main.js becomes their beginning, dist/chunks has
 * the rest; every other module of dist stays what it is. Run: node build/bundle-program.mjs
 */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { builtinsUnread, editing, NO_DEVTOOLS, ONLY_FOR_WSS, quickFrames, quickText } from './edits.mjs';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));

/** Files beside a module are found from where the module was, not from where its code has gone: chunks lie one folder deep. */
const rememberingPlaces = {
  name: 'remembering-places',
  transform(code, id) {
    if (!id.startsWith(DIST) || !code.includes('import.meta.url')) return null;
    return code.replaceAll('import.meta.url', `new URL('../${relative(DIST, id)}', import.meta.url).href`);
  },
};

/** A node has a file of its own, which is found from each of ours in the same way. */
const leavingNodesAside = {
  name: 'leaving-nodes-aside',
  resolveId(source) {
    return source.endsWith('/node/main.js') ? { id: '../node/main.js', external: true } : null;
  },
};

/** Ink and what it is made of measure text with our own function, which seldom needs the one of the package; that one is dear to load. */
const measuringQuickly = {
  name: 'measuring-quickly',
  resolveId(source, importer) {
    if (source !== 'string-width' || importer === undefined || importer === LATE) return null;
    return importer.includes('/node_modules/') ? `${DIST}console/quick-width.js` : LATE;
  },
  load(id) {
    if (id !== LATE) return null;
    return `let real; export default (text, options) => (real ??= require('string-width').default)(text, options);`;
  },
};
const LATE = `${DIST}console/late-string-width.js`;

/** A screen of rows needs no engine for layouts of any kind, which takes longer to load than Ink does. */
const layingOutQuickly = {
  name: 'laying-out-quickly',
  resolveId(source) {
    return source === 'yoga-layout' ? `${DIST}console/quick-layout.js` : null;
  },
};

const INK_EDITS = [
  NO_DEVTOOLS,
  ...quickFrames(`${DIST}console/quick-screen.js`, `${DIST}console/quick-line.js`),
  ...quickText(`${DIST}console/text-rows.js`),
];

const PLACES = '(base|wire|net|fault|check|cluster|commands|console)/|lesson/(text|wording|progress|shown)\\.js';
const GROUPS = [
  // A start's launcher, with all that it needs: while it loads, no node runs yet. What asks nodes for anything is no part of it.
  { name: 'launcher', test: /\/dist\/(cli\/(start|program|settings-file)|cluster\/native\/lifecycle)\.js$/, priority: 5 },
  // What checks a cluster's files: whoever makes a new cluster reads none.
  { name: 'shapes', test: /\/dist\/cluster\/native\/shapes\.js$/, priority: 4 },
  { name: 'settings', test: /node_modules\/(conf|ajv|ajv-formats|semver|fast-uri)\//, priority: 3 },
  // What two commands or more use, and all of them load: the client, the driver, the registry of commands.
  { name: 'core', test: new RegExp(`/dist/(${PLACES}|cli/(?!lesson))|/node_modules/`), minShareCount: 2, priority: 2 },
  { name: 'engine', test: /\/dist\/(?!cli\/)/, minShareCount: 2, priority: 1 },
];

const bundle = await rolldown({
  input: { 'cli/main': `${DIST}cli/main.js` },
  platform: 'node',
  makeAbsoluteExternalsRelative: false,
  // React's development build is twice as slow.
  transform: { define: { 'process.env.NODE_ENV': '"production"' } },
  plugins: [
    leavingNodesAside,
    measuringQuickly,
    layingOutQuickly,
    rememberingPlaces,
    editing([...ONLY_FOR_WSS, ...INK_EDITS]),
    builtinsUnread,
  ],
  onLog(level, log, handle) {
    // A module that is loaded late by one command and at once by another lies where both find it.
    if (log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') handle(level, log);
  },
});
await bundle.write({
  dir: DIST,
  format: 'es',
  entryFileNames: '[name].js',
  chunkFileNames: ({ moduleIds }) => (moduleIds.includes(`${DIST}console/run.js`) ? 'chunks/console.js' : 'chunks/[name].js'),
  comments: false,
  codeSplitting: { groups: GROUPS },
});
await bundle.close();
