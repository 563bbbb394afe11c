/** What nodes that were just launched say of themselves: which of them serves. */
import type { Readable } from 'node:stream';
import { saysListening, termSaid } from '../../../node/ready-word.ts';

export interface Serving {
  readonly leader: string;
  readonly term: number;
}

/** Longer than any word of a node. */
const MOST_CHARACTERS = 64;

export class ReadyWords {
  readonly #streams: Readable[] = [];
  readonly #listening = Promise.withResolvers<void>();
  readonly #first = Promise.withResolvers<Serving | null>();

  /** Listens to a node. One that falls silent without a word has most likely ended: whoever waits should look for himself. */
  hear(node: string, stream: Readable): void {
    this.#streams.push(stream);
    let said = '';
    stream.setEncoding('latin1');
    stream.on('data', (chunk: string) => {
      said = (said + chunk).slice(0, MOST_CHARACTERS);
      if (saysListening(said)) this.#listening.resolve();
      const term = termSaid(said);
      if (term !== null) this.#first.resolve({ leader: node, term });
    });
    stream.once('error', () => {});
    stream.once('close', () => {
      this.#listening.resolve();
      this.#first.resolve(null);
    });
  }

  /** Resolves when the first can be reached, has fallen silent, or `ms` have passed. */
  async listening(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#listening.resolve(), ms);
    await this.#listening.promise;
    clearTimeout(timer);
  }

  /** The first that serves; null when nobody has said so after `ms`, or somebody has fallen silent. */
  async first(ms: number): Promise<Serving | null> {
    const timer = setTimeout(() => this.#first.resolve(null), ms);
    try {
      return await this.#first.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    for (const stream of this.#streams) stream.destroy();
  }
}
