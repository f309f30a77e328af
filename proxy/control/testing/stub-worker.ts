/** A worker with a stand-in for the data plane, which answers by itself and does what the path says. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { exchange } from '../../observe/testing/exchange.ts';
import { runWorker, type Traffic, type TrafficHooks } from '../worker-role.ts';

class StubTraffic implements Traffic {
  readonly #hooks: TrafficHooks;
  readonly #servers: Server[] = [];
  readonly #held: ServerResponse[] = [];

  constructor(hooks: TrafficHooks) {
    this.#hooks = hooks;
  }

  async listen(descriptors: readonly number[]): Promise<void> {
    await Promise.all(descriptors.map((fd) => this.#listenOn(fd)));
  }

  publish(): void {}

  async shutdown(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const response of this.#held) response.end('finished');
    await Promise.all(closed);
  }

  #listenOn(fd: number): Promise<void> {
    const server = createServer((request, response) => this.#serve(request.url ?? '', response));
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ fd }, resolve);
    });
  }

  #serve(target: string, response: ServerResponse): void {
    this.#count(target);
    response.setHeader('Connection', 'close');
    switch (target) {
      case '/hold':
        this.#held.push(response);
        response.flushHeaders();
        break;
      case '/refused':
        this.#hooks.onNodeRefused('a');
        response.end();
        break;
      case '/throw':
        response.end(() => {
          throw new Error('thrown\nby the stub');
        });
        break;
      default:
        response.end(String(process.pid));
    }
  }

  #count(target: string): void {
    const record = exchange({ target, node: 'a' });
    this.#hooks.stats.connectionsAccepted++;
    this.#hooks.stats.exchangeEnded(record, 0);
    this.#hooks.accessLog?.write(record);
  }
}

runWorker(({ base }, _pool, hooks) => {
  if (base === '/impossible') throw new Error('refused\nby the stub');
  return new StubTraffic(hooks);
});
