/** The directory of one trial. Whatever ends the process, it and every process that was started are gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killAll } from '../harness/process.ts';

export class TrialDir {
  readonly path = mkdtempSync(join(tmpdir(), 'cobrowse-failover-'));
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
