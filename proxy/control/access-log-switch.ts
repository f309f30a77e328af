/** The access log of a worker, which a reload may switch on or off while requests are under way. */
import type { AccessLog } from '../observe/access-log.ts';

export class AccessLogSwitch implements Pick<AccessLog, 'write' | 'close'> {
  readonly #open: () => AccessLog;
  #log: AccessLog | undefined;
  #on = false;

  /** `open` is called when it is first switched on. */
  constructor(open: () => AccessLog) {
    this.#open = open;
  }

  turn(on: boolean): void {
    this.#on = on;
    if (on) this.#log ??= this.#open();
  }

  write(record: Parameters<AccessLog['write']>[0]): void {
    if (this.#on) this.#log?.write(record);
  }

  async close(): Promise<void> {
    await this.#log?.close();
  }
}
