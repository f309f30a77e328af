/** The first message of TLS, byte by byte (RFC 8446 §4.1.2), for server names that no library would send. */
import { randomBytes } from 'node:crypto';

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const SUPPORTED_GROUPS = 10;
const SIGNATURE_ALGORITHMS = 13;

/**
 * For TLS 1.2. `names`: of the server_name extension, each with its type (0: a host name). `compressions`: methods that
 * are offered (0: none, 1: DEFLATE, RFC 3749).
 */
export function clientHello(
  names: readonly { readonly type?: number; readonly name: string | Buffer }[],
  compressions: readonly number[] = [0],
): Buffer {
  const list = names.map(({ type = 0, name }) => Buffer.concat([Buffer.of(type), sized(2, Buffer.from(name))]));
  const body = Buffer.concat([
    Buffer.of(3, 3),
    randomBytes(32),
    sized(1, Buffer.alloc(0)),
    // ECDHE-ECDSA-AES128-GCM-SHA256
    sized(2, Buffer.of(0xc0, 0x2b)),
    sized(1, Buffer.from(compressions)),
    sized(
      2,
      Buffer.concat([
        extension(SERVER_NAME, sized(2, Buffer.concat(list))),
        // X25519 and P-256; ECDSA with P-256 and SHA-256
        extension(SUPPORTED_GROUPS, sized(2, Buffer.of(0, 29, 0, 23))),
        extension(SIGNATURE_ALGORITHMS, sized(2, Buffer.of(4, 3))),
      ]),
    ),
  ]);
  return record(Buffer.concat([Buffer.of(CLIENT_HELLO), sized(3, body)]));
}

function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0, type), sized(2, content)]);
}

/** In as many records as it takes. */
function record(message: Buffer): Buffer {
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += 16_000) {
    records.push(Buffer.concat([Buffer.of(HANDSHAKE_RECORD, 3, 1), sized(2, message.subarray(at, at + 16_000))]));
  }
  return Buffer.concat(records);
}

function sized(bytes: number, content: Buffer): Buffer {
  const length = Buffer.alloc(bytes);
  length.writeUIntBE(content.length, 0, bytes);
  return Buffer.concat([length, content]);
}
