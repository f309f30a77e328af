/** What `npm start` brings up, as a child process on ports of its own: nodes and the proxy, each a process. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { compiled } from './compiled.ts';
import { freePorts } from './free-ports.ts';
import { PATIENT_PROXY } from './patient-proxy.ts';

const PROGRAM = compiled(new URL('../deploy/local-cluster.ts', import.meta.url));

export class LocalCluster {
  readonly process: ChildProcess;
  #output = '';
  #closed = false;
  #waiting: (() => void)[] = [];

  /** Whoever starts it ends it. */
  constructor(environment: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [PROGRAM], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#wake();
      });
    }
    child.once('close', () => {
      this.#closed = true;
      this.#wake();
    });
    this.process = child;
  }

  /** All that it has printed so far. */
  get output(): string {
    return this.#output;
  }

  /** Resolves when what it has printed matches; rejects when it ends without. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match) return match;
      assert.equal(this.#closed, false, `the cluster ended: ${this.#output}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** The environment of a cluster of these nodes, with everything on ports that nobody else has. */
export async function elsewhere(nodeNames: readonly string[]): Promise<NodeJS.ProcessEnv> {
  const [listener, ...ports] = await freePorts(1 + nodeNames.length);
  const nodes = nodeNames.map((name, index) => ({ name, url: `http://127.0.0.1:${ports[index]}/cobrowse` }));
  return {
    ...PATIENT_PROXY,
    COBROWSE_PROXY_LISTENERS_0_PORT: String(listener),
    // The nodes' metrics ports follow: any free ones.
    COBROWSE_PROXY_ADMIN_PORT: '0',
    COBROWSE_PROXY_NODES: JSON.stringify(nodes),
    COBROWSE_PROXY_WORKERS: '1',
  };
}
