/** Every contender speaks TLS alike, so that none is cheaper by a weaker key, another cipher or another curve. */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { TLS_NAME } from '../backend-facts.ts';
import type { Target } from './target.ts';

const PATIENCE_MS = 5_000;
const SPOKEN = {
  version: 'TLSv1.3',
  // Both clients that load comes from prefer another one: this is the contender's choice.
  cipher: 'TLS_AES_128_GCM_SHA256',
  curve: 'X25519',
  key: '256 bits on P-256',
};

export async function proveTls({ name, port, ca }: Target): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, servername: TLS_NAME, ca });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(PATIENCE_MS) });
    const spoken = spokenOn(socket);
    if (!isDeepStrictEqual(spoken, SPOKEN)) {
      throw new Error(`expected ${JSON.stringify(SPOKEN)}, got ${JSON.stringify(spoken)}`);
    }
  } catch (error) {
    throw new Error(`${name}: TLS: ${error}`);
  } finally {
    socket.destroy();
  }
}

function spokenOn(socket: TLSSocket): typeof SPOKEN {
  const ephemeral = socket.getEphemeralKeyInfo();
  const { bits, nistCurve } = socket.getPeerCertificate();
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().name,
    curve: (ephemeral !== null && 'name' in ephemeral && ephemeral.name) || '',
    key: `${bits} bits on ${nistCurve}`,
  };
}
