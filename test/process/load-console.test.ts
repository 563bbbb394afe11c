/** A start of the console loads no module that it does not use. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const script = (door: string): string => `
import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
const { loadConsole } = await import(${JSON.stringify(door)});
const { runConsole } = await loadConsole();
const of = (name) => loaded.filter((url) => url.includes('/node_modules/' + name + '/')).length;
const fetched = process.moduleLoadList.some((name) => name.includes('undici'));
console.log(JSON.stringify({ console: typeof runConsole, ink: of('ink') > 0, toolkit: of('es-toolkit'), fetched, fetch: typeof fetch }));
`;

it('takes from es-toolkit what Ink uses, and leaves the fetch of Node alone until somebody asks', async () => {
  const door = join(import.meta.dirname, '../../dist/console/load-console.js');
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script(door)]);
  const told: unknown = JSON.parse(stdout);
  expect(told).toMatchObject({ console: 'function', ink: true, fetched: false, fetch: 'function' });
  expect(told).toHaveProperty('toolkit');
  expect((told as { readonly toolkit: number }).toolkit).toBeLessThan(10);
});
