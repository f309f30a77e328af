import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { proxySchema } from '../../config/proxy-schema.ts';
import { ForcedAttributes } from './set-cookie.ts';

function forced(attributes: object): ForcedAttributes {
  const nodes = [{ name: 'a', url: 'http://a' }];
  return new ForcedAttributes(proxySchema.parse({ nodes, affinity: { attributes } }).affinity.attributes);
}

const CROSS_SITE = {
  secure: true,
  httpOnly: true,
  sameSite: 'None',
  partitioned: true,
  path: '/',
  domain: 'a.example',
};
const ALL = '; Path=/; Domain=a.example; Secure; HttpOnly; SameSite=None; Partitioned';

describe('forced attributes', () => {
  for (const [attributes, line, expected] of [
    [{}, 'c=v; Path=/x; Secure', 'c=v; Path=/x; Secure'],
    [CROSS_SITE, 'c=v', `c=v${ALL}`],
    [CROSS_SITE, 'c=', `c=${ALL}`],
    [CROSS_SITE, 'c=v;', `c=v;${ALL}`],
    [CROSS_SITE, 'c=v; path=/x;DOMAIN = b ; secure;httponly; samesite=Lax; PARTITIONED', `c=v${ALL}`],
    [
      CROSS_SITE,
      'c=v; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
      `c=v; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT${ALL}`,
    ],
    [CROSS_SITE, 'c=v; Secure; Secure=1; Priority=High; ; x', `c=v; Priority=High; ; x${ALL}`],
    [{ secure: true }, 'c="a=b"; SameSite=Lax; Path=/x', 'c="a=b"; SameSite=Lax; Path=/x; Secure'],
    [{ sameSite: 'Strict' }, 'c=v; SameSite; SameSite=None; Secured', 'c=v; Secured; SameSite=Strict'],
    [{ path: '/cobrowse' }, 'c=Path=/x; Path=/; Pathology=1', 'c=Path=/x; Pathology=1; Path=/cobrowse'],
  ] as const) {
    it(`${JSON.stringify(line)} becomes ${JSON.stringify(expected)}`, () => {
      assert.equal(forced(attributes).put(line), expected);
    });
  }

  it('stand once each, after what is left as it was, and stay when they are put again', () => {
    const attribute = fc.constantFrom(
      'Path=/y',
      ' Secure',
      ' sameSITE=Lax',
      ' Max-Age=1',
      'x',
      '',
      ' Domain',
      ' partitioned=',
    );
    fc.assert(
      fc.property(fc.array(attribute), (attributes) => {
        const all = forced(CROSS_SITE);
        const once = all.put(['c=v', ...attributes].join(';'));
        assert.equal(all.put(once), once);
        assert.ok(once.startsWith('c=v') && once.endsWith(ALL));
        const others = attributes.filter((text) => ['max-age=1', 'x', ''].includes(text.trim().toLowerCase()));
        assert.equal(once, ['c=v', ...others].join(';') + ALL);
      }),
    );
  });
});
