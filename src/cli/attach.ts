import { UsageError } from '../commands/command.ts';
import type { Globals, Invocation } from './io.ts';
import { firstLook, preloadConsole, watchCluster } from './open-console.ts';

export async function runAttach(invocation: Invocation): Promise<number> {
  const { io, args } = invocation;
  const target = targetOf(invocation.globals, args);
  // The renderer takes as long to load as the cluster takes to answer.
  preloadConsole(invocation);
  const driver = await io.open(target, { watch: true });
  await firstLook(driver);
  return watchCluster(invocation, driver, { writable: invocation.options['write'] === true });
}

function targetOf(globals: Globals, words: readonly string[]): Globals {
  const urls = words.filter((word) => /^wss?:\/\//.test(word));
  const names = words.filter((word) => !urls.includes(word));
  const [name, ...others] = names;
  if (others.length > 0 || (name !== undefined && urls.length > 0)) {
    throw new UsageError('attach takes one name, or urls', { next: 'attach demo, or attach ws://HOST:PORT --token-file FILE' });
  }
  return { ...globals, cluster: name ?? globals.cluster, urls: [...globals.urls, ...urls] };
}
