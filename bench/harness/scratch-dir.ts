/** A temporary directory. Whatever ends the process, it and every process that was started are gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killAll } from './process.ts';

export class ScratchDir {
  readonly path = mkdtempSync(join(tmpdir(), 'cobrowse-bench-'));
  readonly #atExit = (): void => {
    killAll();
    rmSync(this.path, { recursive: true, force: true });
  };

  constructor() {
    process.once('exit', this.#atExit);
  }

  close(): void {
    process.off('exit', this.#atExit);
    this.#atExit();
  }
}
