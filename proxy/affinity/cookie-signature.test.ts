import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { proxySchema } from '../../config/proxy-schema.ts';
import { CookieSignature } from './cookie-signature.ts';
import type { IgnoredCookie } from './ignored-cookie.ts';

const [NEW, OLD, OTHER] = ['n'.repeat(32), 'o'.repeat(32), 'x'.repeat(32)] as const;

function signature(keys: readonly string[], unsigned = 'accept', ignored: IgnoredCookie[] = []): CookieSignature {
  const nodes = ['CB_1', 'CB_2', '__proto__'].map((name, index) => ({ name, url: `http://a:${index + 1}` }));
  const config = proxySchema.parse({ nodes, affinity: { signature: { keys, unsigned } } });
  return new CookieSignature(config, (why) => ignored.push(why));
}

const signed = (name: string, key: string): string =>
  `${name}~${createHmac('sha256', key).update(name).digest('base64url')}`;

describe('the signature in the stickiness cookie', () => {
  it('is by the first key, and of names of nodes only', () => {
    const { sign } = Object.getPrototypeOf(signature([NEW, OLD])) as CookieSignature;
    const both = signature([NEW, OLD]);
    assert.equal(sign.call(both, 'CB_1'), signed('CB_1', NEW));
    assert.equal(both.sign('__proto__'), signed('__proto__', NEW));
    for (const value of ['', 'CB_3', signed('CB_1', NEW), 'constructor']) assert.equal(both.sign(value), value);
  });

  for (const [what, value, believed] of [
    ['by the first key', signed('CB_1', NEW), 'CB_1'],
    ['by the key before', signed('CB_2', OLD), 'CB_2'],
    ['by no key of ours', signed('CB_1', OTHER), undefined],
    ['of another node', signed('CB_2', NEW).replace('CB_2', 'CB_1'), undefined],
    ['that is cut off', signed('CB_1', NEW).slice(0, -1), undefined],
    ['with more behind it', `${signed('CB_1', NEW)}A`, undefined],
    ['that is empty', 'CB_1~', undefined],
    ['beyond latin1', `CB_1~${'\u{1F600}'.repeat(21)}x`, undefined],
    ['of a node that is none', signed('CB_3', NEW), signed('CB_3', NEW)],
    ['that is not there', 'CB_1', 'CB_1'],
  ] as const) {
    it(`${what} makes the cookie say ${believed ?? 'nothing'}`, () => {
      assert.equal(signature([NEW, OLD]).believed(value), believed);
    });
  }

  it('may be asked for, and what is ignored is told by reason', () => {
    const ignored: IgnoredCookie[] = [];
    const strict = signature([NEW], 'ignore', ignored);
    assert.equal(strict.believed('CB_1'), undefined);
    assert.equal(strict.believed('CB_9'), 'CB_9');
    assert.equal(strict.believed(signed('CB_1', NEW)), 'CB_1');
    strict.ignored('CB_1');
    strict.ignored('CB_1~x');
    assert.deepEqual(ignored, ['unsigned', 'forged']);
  });

  it('cannot be made up', () => {
    const strict = signature([NEW, OLD]);
    const mac = fc.string({ minLength: 43, maxLength: 43 });
    fc.assert(fc.property(mac, (text) => strict.believed(`CB_1~${text}`) === undefined));
  });
});
