/** What operators have said of nodes, kept in a file where one is configured, so that it outlives the proxy. */
import type { OperatorState } from '../pool/view.ts';
import { describeError } from './describe-error.ts';
import { readStateFile, writeStateFile } from './state-file.ts';

/** A node that is not simply ready. */
export interface HeldNode {
  readonly state: Exclude<OperatorState, 'ready'>;
  /** ms since the epoch, as is `deadline`. */
  readonly since: number;
  /** When a drain ends, whatever sessions are left; absent: when the last one does. */
  readonly deadline?: number;
}

export interface OperatorStatesOptions {
  /** '' for none. */
  readonly file: string;
  /** One line for the operator. */
  readonly warn: (message: string) => void;
  /** Taken over from a primary before this one, in the place of what the file says. */
  readonly held?: ReadonlyMap<string, HeldNode> | undefined;
  readonly onChange?: () => void;
}

export class OperatorStates {
  readonly #held = new Map<string, HeldNode>();
  readonly #warn: (message: string) => void;
  readonly #onChange: () => void;
  #file: string;

  /** A file that cannot be read is a warning, and as good as none: it is written anew with the next change. */
  constructor({ file, warn, held, onChange = () => {} }: OperatorStatesOptions) {
    this.#file = file;
    this.#warn = warn;
    this.#onChange = onChange;
    if (held !== undefined) {
      this.takeOver(held);
      return;
    }
    if (file === '') return;
    const read = readStateFile(file);
    if (read.ok) for (const [name, held] of read.nodes) this.#held.set(name, held);
    else warn(`${file}: ${read.reason}: no node is drained or in maintenance`);
  }

  /** Nodes that are not ready, by name. */
  get held(): ReadonlyMap<string, HeldNode> {
    return this.#held;
  }

  stateOf(name: string): OperatorState {
    return this.#held.get(name)?.state ?? 'ready';
  }

  /** What a primary before this one held last; its file is this one's. */
  takeOver(held: ReadonlyMap<string, HeldNode>): void {
    this.#held.clear();
    for (const [name, node] of held) this.#held.set(name, node);
  }

  /** Whether it will be remembered after a restart. `held` undefined: ready. */
  set(name: string, held: HeldNode | undefined): boolean {
    if (held === undefined) this.#held.delete(name);
    else this.#held.set(name, held);
    return this.#save();
  }

  /** Another configuration: its file, and its nodes. Forgets what was said of others. */
  follow(file: string, names: ReadonlySet<string>): void {
    const before = this.#held.size;
    for (const name of [...this.#held.keys()]) if (!names.has(name)) this.#held.delete(name);
    if (file === this.#file && this.#held.size === before) return;
    this.#file = file;
    this.#save();
  }

  #save(): boolean {
    this.#onChange();
    if (this.#file === '') return false;
    try {
      writeStateFile(this.#file, this.#held);
      return true;
    } catch (error) {
      this.#warn(`${this.#file}: cannot be written: ${describeError(error).message}`);
      return false;
    }
  }
}
