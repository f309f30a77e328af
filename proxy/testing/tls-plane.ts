/** Planes with TLS at their listener, and what to say of it. */
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { Certificate, ListenerTls } from '../tls/listener-tls.ts';
import type { TestPlane } from './data-plane.ts';
import { planeFor } from './for-test.ts';
import { RawClient } from './raw-client.ts';

export interface TlsPlaneOptions extends Partial<ListenerTls> {
  readonly certificates: readonly Certificate[];
  readonly ticketSecret?: string;
  readonly config?: object;
}

/** As the configuration says it; which files these would be is not looked at here. */
export const TLS_LISTENER = { port: 0, tls: { certificates: [{ cert: 'cert.pem', key: 'key.pem' }] } };

/** A plane before one node at this port, `CB_1`. */
export function tlsPlaneBefore(
  t: TestContext,
  { port }: { readonly port: number },
  { config, ticketSecret, ...tls }: TlsPlaneOptions,
): Promise<TestPlane> {
  return planeFor(
    t,
    [{ name: 'CB_1', port }],
    { listeners: [TLS_LISTENER], ...config },
    { listeners: [listenerTls(tls)], ...(ticketSecret !== undefined && { ticketSecret }) },
  );
}

export function listenerTls(tls: Partial<ListenerTls> & Pick<ListenerTls, 'certificates'>): ListenerTls {
  return { minVersion: 'TLSv1.2', ...tls };
}

/** Ends with the test. */
export async function tlsClientFor(
  t: TestContext,
  { port }: { readonly port: number },
  options?: ConnectionOptions,
): Promise<RawClient<TLSSocket>> {
  const client = await RawClient.openTls(port, options);
  t.after(() => client.close());
  return client;
}

/** The code of the error that a client gets which asks for something; '' when it is answered. */
export async function refusalOf(
  t: TestContext,
  plane: { readonly port: number },
  options?: ConnectionOptions,
): Promise<string> {
  try {
    const client = await tlsClientFor(t, plane, options);
    // In TLS 1.3 a client is told after its own handshake that it is not welcome.
    const refused = once(client.socket, 'error').then(([error]) => error as NodeJS.ErrnoException);
    refused.catch(() => {});
    client.send('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
    const answer = await Promise.race([refused, client.until('HTTP/1.1 ').catch(() => undefined)]);
    if (typeof answer === 'string') return '';
    return answer?.code ?? (client.reset ? 'reset' : 'closed');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'failed';
  }
}
