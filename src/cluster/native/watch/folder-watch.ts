/** Tells when the files change in which it stands what was done to a cluster: faults, and processes that were started. */
import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { paths } from '../folder/directory.ts';

export class FolderWatch {
  readonly #watchers: FSWatcher[] = [];
  #works = true;

  /** `onChange` hears of each change, several times of some. */
  constructor(dir: string, ids: readonly string[], onChange: () => void) {
    const folders = [
      { folder: dir, file: paths.faults(dir) },
      ...ids.map((id) => ({ folder: paths.node(dir, id), file: paths.process(dir, id) })),
    ];
    for (const { folder, file } of folders) this.#watch(folder, basename(file), onChange);
  }

  /** False where the system cannot tell, or has no more watches to give: then somebody has to look. */
  get works(): boolean {
    return this.#works;
  }

  stop(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #watch(folder: string, name: string, onChange: () => void): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_, changed) => {
        // Some systems do not say which file it was.
        if (changed === null || changed === name) onChange();
      });
      watcher.on('error', () => {
        this.#works = false;
      });
      this.#watchers.push(watcher);
    } catch {
      this.#works = false;
    }
  }
}
