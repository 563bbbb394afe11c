/** What nodes that were just launched say of themselves: which of them serves. */
import type { Readable } from 'node:stream';
import { termSaid } from '../../../node/ready-word.ts';

export interface Serving {
  readonly leader: string;
  readonly term: number;
}

/** Longer than any word of a node. */
const MOST_CHARACTERS = 64;

export class ReadyWords {
  readonly #streams: Readable[] = [];
  readonly #first = Promise.withResolvers<Serving | null>();

  /** Listens to a node. One that falls silent without a word has most likely ended: whoever waits should look for himself. */
  hear(node: string, stream: Readable): void {
    this.#streams.push(stream);
    let said = '';
    stream.setEncoding('latin1');
    stream.on('data', (chunk: string) => {
      said = (said + chunk).slice(0, MOST_CHARACTERS);
      const term = termSaid(said);
      if (term !== null) this.#first.resolve({ leader: node, term });
    });
    stream.once('error', () => {});
    stream.once('close', () => this.#first.resolve(null));
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
