/** Loads the console and what it draws with, leaving aside the half of it that is never used: a third of a start was that. */
import * as module from 'node:module';
// Loaded before the hooks, so that it meets string-width itself.
import './quick-width.ts';

type Console = typeof import('./run.tsx');

let loading: Promise<Console> | null = null;

/** The same promise each time: begun early, it is awaited late. */
export function loadConsole(): Promise<Console> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Console> {
  const endHooks = takeOneOfMany();
  const giveBack = hideFetch();
  try {
    return await import('./run.tsx');
  } finally {
    giveBack();
    endHooks();
  }
}

/** Ink takes one function from a collection of 400 modules; it is loaded from the module that has it. */
function takeOneOfMany(): () => void {
  // Node 22.12 to 22.14 have no hooks: there it only takes longer.
  if (typeof module.registerHooks !== 'function') return () => {};
  const hooks = module.registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      if (specifier === 'es-toolkit/compat' && context.parentURL?.includes('/ink/build/') === true)
        return { ...found, url: new URL('function/throttle.mjs', found.url).href };
      if (specifier === 'string-width' && context.parentURL?.includes('/node_modules/') === true)
        return { ...found, url: new URL('quick-width.js', import.meta.url).href };
      return found;
    },
  });
  return () => hooks.deregister();
}

/** The layout engine asks whether there is a fetch, which makes Node load one; its code is in the file already. */
function hideFetch(): () => void {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
  if (own?.configurable !== true) return () => {};
  Object.defineProperty(globalThis, 'fetch', { value: undefined, configurable: true, writable: true });
  return () => Object.defineProperty(globalThis, 'fetch', own);
}
