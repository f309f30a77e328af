import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerFields, trailerFields } from './answer-fields.ts';

const plain = (fields: object) => ({ ...fields });

describe('an answer as fields of HTTP/2', () => {
  it('has names in lower case, several lines of one name as a list, and cookies apart', () => {
    const text =
      'HTTP/1.1 200 OK\r\nVary: a\r\nSet-Cookie: a=1; Path=/\r\nVARY: b\r\nset-cookie: b=2\r\nX-Empty:\r\nX-Blank: \t c\xa0 \t\r\n';
    assert.deepEqual(plain(answerFields(text, 200)), {
      ':status': '200',
      vary: 'a, b',
      'set-cookie': ['a=1; Path=/', 'b=2'],
      'x-empty': '',
      'x-blank': 'c\xa0',
    });
  });

  it('is no prey to names of objects', () => {
    const fields = answerFields('HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\n', 200);
    assert.deepEqual(Object.entries(fields), [
      [':status', '200'],
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('leaves out what HTTP/1.1 alone knows', () => {
    assert.deepEqual(plain(answerFields('HTTP/1.1 204 No Content\r\nHTTP2-Settings: x\r\n', 204)), {
      ':status': '204',
    });
  });

  it('has trailers', () => {
    assert.deepEqual(plain(trailerFields('X-Sum: 7\r\n')), { 'x-sum': '7' });
    assert.deepEqual(plain(trailerFields('')), {});
  });
});
