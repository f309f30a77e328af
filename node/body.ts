/**
 * Request bodies. No REST function reads one, but the bytes must leave the connection before its next request can be
 * read, and must not be endless. The live channel reads its own.
 */
import type { IncomingMessage } from 'node:http';

export const MAX_BODY_BYTES = 64 * 1024;

/** How long the rest of a refused body is still taken in, in milliseconds. */
const LINGER_MS = 1_000;

export type BodyOutcome = 'discarded' | 'too_large' | 'aborted';

/** Reads and drops the body. After `too_large` what follows is dropped as well, until the connection closes. */
export function discardBody(request: IncomingMessage): Promise<BodyOutcome> {
  if (!hasBody(request)) return Promise.resolve('discarded');
  if (Number(request.headers['content-length']) > MAX_BODY_BYTES) {
    request.resume();
    return Promise.resolve('too_large');
  }
  return new Promise((resolve) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) resolve('too_large');
    });
    request.once('end', () => resolve('discarded'));
    request.once('error', () => resolve('aborted'));
    request.once('close', () => resolve('aborted'));
  });
}

/** Looks at a body in passing. */
export interface BodyScanner {
  scan(chunk: Buffer): void;
}

export type ReadBody<Scanner> =
  | { readonly outcome: 'read'; readonly bytes: Buffer }
  | { readonly outcome: 'too_large'; readonly scanner: Scanner }
  | { readonly outcome: 'aborted' };

/**
 * Reads the whole body. One that is too large is read to its end, at the latest until the request's timeout, but not
 * kept: all its bytes pass by the scanner, which is made for that one alone.
 */
export function readBody<Scanner extends BodyScanner>(
  request: IncomingMessage,
  maxBytes: number,
  makeScanner: () => Scanner,
): Promise<ReadBody<Scanner>> {
  let scanner = Number(request.headers['content-length']) > maxBytes ? makeScanner() : undefined;
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > maxBytes) scanner ??= makeScanner();
      if (scanner === undefined) return;
      for (const kept of chunks) scanner.scan(kept);
      chunks = [];
    });
    request.once('end', () =>
      resolve(
        scanner === undefined ? { outcome: 'read', bytes: Buffer.concat(chunks) } : { outcome: 'too_large', scanner },
      ),
    );
    request.once('error', () => resolve({ outcome: 'aborted' }));
    request.once('close', () => resolve({ outcome: 'aborted' }));
  });
}

/**
 * Resolves when the body has ended or the client has closed, at the latest after a second. A socket that is closed with
 * bytes unread is reset, and a reset may destroy the refusal before the client has read it (RFC 9112 §9.6).
 */
export function linger(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LINGER_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    request.once('end', done);
    request.once('close', done);
  });
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
