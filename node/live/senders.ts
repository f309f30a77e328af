/** The clients whose a body is that is too large to be kept: those of its browser that its messages name. */
import type { IncomingHttpHeaders } from 'node:http';
import type { BodyScanner } from '../body.ts';
import { ClientIdScanner } from './client-id-scanner.ts';
import type { Clients } from './clients.ts';
import type { BayeuxSession } from './cometd-server.ts';
import { browserIdOf } from './cookies.ts';

export class Senders implements BodyScanner {
  readonly #sessions = new Set<BayeuxSession>();
  readonly #scanner: ClientIdScanner;

  constructor(clients: Clients, headers: IncomingHttpHeaders) {
    const caller = { browserId: browserIdOf(headers) };
    this.#scanner = new ClientIdScanner((clientId) => {
      const session = clients.find(clientId, caller);
      if (session !== undefined) this.#sessions.add(session);
    });
  }

  get sessions(): ReadonlySet<BayeuxSession> {
    return this.#sessions;
  }

  scan(chunk: Buffer): void {
    this.#scanner.scan(chunk);
  }
}
