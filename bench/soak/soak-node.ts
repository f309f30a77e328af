/** A node of the soak as a process of its own, what can be done to it, and what it wrote down. */
import { NodeProcess } from '../harness/node-process.ts';
import type { NodeRecord } from './protocol.ts';

export class SoakNode extends NodeProcess {
  protected readonly program = 'soak/node.js';

  /** Closes its listener and every connection, with all its sessions kept; `accept` undoes it. */
  refuse(): Promise<void> {
    return this.order('refuse');
  }

  accept(): Promise<void> {
    return this.order('accept');
  }

  records(): NodeRecord[] {
    return this.recorded()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as NodeRecord);
  }
}
