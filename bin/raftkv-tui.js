#!/usr/bin/env node
// Runs the program on a Node that is new enough: this one, or the one npm installed beside it.
const REQUIRED = [22, 12];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > REQUIRED[0] || (major === REQUIRED[0] && minor >= REQUIRED[1])) {
  // React's development build is twice as slow and must be ruled out before React is loaded.
  process.env.NODE_ENV ??= 'production';
  const entry = new URL('../dist/cli/main.js', import.meta.url);
  // An import statement would read every export of the module, and one of those loads what no start needs.
  if (!process.getBuiltinModule('node:fs').existsSync(entry))
    fail('raftkv-tui is not built yet: run `npm run build` in its folder first.');
  await import(entry.href);
} else {
  await runOnLocalNode();
}

async function runOnLocalNode() {
  const [{ existsSync }, { fileURLToPath }] = await Promise.all([import('node:fs'), import('node:url')]);
  const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(node)) {
    fail(
      `raftkv-tui needs Node ${REQUIRED.join('.')} or newer; this is ${process.versions.node}. Install one with: npm install --no-save node@24`,
    );
  }
  const { spawn } = await import('node:child_process');
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  child.on('exit', (code, signal) => (signal ? process.kill(process.pid, 'SIGKILL') : process.exit(code ?? 1)));
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
