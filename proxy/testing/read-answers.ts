/** Takes what a client received apart into whole answers, strictly, or fails: nothing may be left over. */
import assert from 'node:assert/strict';

export interface ReadAnswer {
  readonly status: number;
  /** Field lines in order. */
  readonly lines: readonly string[];
  readonly body: string;
  /** Lines behind the last chunk. */
  readonly trailers: readonly string[];
}

/** `methods`: of the requests in order, since answers to HEAD have no body; GET where the list ends. */
export function readAnswers(received: string, methods: readonly string[] = []): ReadAnswer[] {
  const answers: ReadAnswer[] = [];
  let finals = 0;
  let rest = received;
  while (rest !== '') {
    const headEnd = rest.indexOf('\r\n\r\n');
    assert.notEqual(headEnd, -1, `no whole head: ${shown(rest)}`);
    const [statusLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n');
    assert.match(statusLine, /^HTTP\/1\.1 \d{3}(?: |$)/);
    const status = Number(statusLine.slice(9, 12));
    rest = rest.slice(headEnd + 4);
    const empty = status < 200 || status === 204 || status === 304 || methods[finals] === 'HEAD';
    if (status >= 200) finals++;
    const body = empty ? { data: '', trailers: [], length: 0 } : readBody(lines, rest);
    answers.push({ status, lines, body: body.data, trailers: body.trailers });
    rest = rest.slice(body.length);
  }
  return answers;
}

interface ReadBody {
  readonly data: string;
  readonly trailers: readonly string[];
  /** Bytes that it takes, framing included. */
  readonly length: number;
}

function readBody(lines: readonly string[], rest: string): ReadBody {
  const framing = lines.filter((line) => /^(?:content-length|transfer-encoding):/i.test(line));
  // An HTTP/1.0 client is told by the end of its connection.
  if (framing.length === 0 && lines.includes('Connection: close'))
    return { data: rest, trailers: [], length: rest.length };
  assert.equal(framing.length, 1, `one framing: ${JSON.stringify(lines)}`);
  if (/^transfer-encoding: chunked$/i.test(framing[0] ?? '')) return readChunks(rest);
  const length = Number(framing[0]?.split(':')[1]);
  assert.ok(rest.length >= length, `a whole body: ${shown(rest)}`);
  return { data: rest.slice(0, length), trailers: [], length };
}

function readChunks(coding: string): ReadBody {
  let data = '';
  let position = 0;
  for (;;) {
    const lineEnd = coding.indexOf('\r\n', position);
    const line = coding.slice(position, Math.max(position, lineEnd));
    assert.match(line, /^[0-9a-f]+$/, `a chunk size: ${shown(coding.slice(position))}`);
    const size = Number.parseInt(line, 16);
    position = lineEnd + 2;
    if (size === 0) break;
    assert.equal(coding.slice(position + size, position + size + 2), '\r\n', 'a whole chunk');
    data += coding.slice(position, position + size);
    position += size + 2;
  }
  const end = coding.indexOf('\r\n\r\n', position - 2);
  assert.notEqual(end, -1, 'the end of the chunks');
  const trailers = coding
    .slice(position, end + 2)
    .split('\r\n')
    .filter(Boolean);
  return { data, trailers, length: end + 4 };
}

/** Whether it is as many whole answers, interim ones not counted. */
export function isWhole(received: string, methods: readonly string[]): boolean {
  try {
    return readAnswers(received, methods).filter(({ status }) => status >= 200).length >= methods.length;
  } catch {
    return false;
  }
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
