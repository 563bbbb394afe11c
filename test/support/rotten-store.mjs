/** Loaded into one node of a test: its store keeps another value than the one that was written, for the key `canary`. */
import { registerHooks } from 'node:module';

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/node/bundle.cjs')) return loaded;
    const place = 'this.#versions.put(key, value,';
    const parts = String(loaded.source).split(place);
    if (parts.length !== 2) throw new Error('the code moved: the rot must be planted anew');
    return { ...loaded, source: parts.join("this.#versions.put(key, key === 'canary' ? value + '!' : value,") };
  },
});
