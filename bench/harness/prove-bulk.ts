/** Bulk bodies arrive whole and unchanged, both ways. */
import { BASE, BULK_BLOCK } from '../backend-facts.ts';
import { Prover } from './prove.ts';
import type { Target } from './target.ts';

export async function proveDownload(target: Target, bytes: number): Promise<void> {
  const prover = new Prover(target);
  try {
    const { status, headers, body } = await prover.ask(`${BASE}/bulk/${bytes}`);
    prover.equal('status of a bulk answer', status, 200);
    prover.equal('Content-Length of a bulk answer', headers['content-length'], String(bytes));
    prover.equal('bytes of a bulk answer', body.length, bytes);
    prover.equal('a bulk answer arrives unchanged', isBulk(body), true);
  } finally {
    await prover.close();
  }
}

export async function proveUpload(target: Target, bytes: number): Promise<void> {
  const prover = new Prover(target);
  const headers = { 'content-type': 'application/octet-stream' };
  try {
    const { status, body } = await prover.ask(`${BASE}/sink`, { method: 'POST', headers, body: Buffer.alloc(bytes) });
    prover.equal('status of an upload', status, 200);
    prover.equal('bytes of an upload at the node', JSON.parse(body.toString()).bytes, bytes);
  } finally {
    await prover.close();
  }
}

function isBulk(body: Buffer): boolean {
  for (let at = 0; at < body.length; at += BULK_BLOCK.length) {
    const piece = body.subarray(at, at + BULK_BLOCK.length);
    if (!piece.equals(BULK_BLOCK.subarray(0, piece.length))) return false;
  }
  return true;
}
