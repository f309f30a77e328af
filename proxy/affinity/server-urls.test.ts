import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { proxySchema } from '../../config/proxy-schema.ts';
import { aNode } from '../pool/testing/nodes.ts';
import { pathEndOf } from './prefix.ts';
import { ServerUrlIndex } from './server-urls.ts';

const URLS = [
  'http://127.0.0.1:8700/n1/cobrowse',
  'http://127.0.0.1:8700/n10/cobrowse',
  'http://127.0.0.1:8700/n1/cobrowse/deep',
  'https://CB-4.Example.com/cobrowse',
  'http://cb-5.example.com:80',
  'http://[::1]/six',
  'https://[::1]:9443/seven',
];

const { nodes } = proxySchema.parse({
  nodes: [
    ...URLS.map((serverUrl, index) => ({ name: `CB_${index + 1}`, url: `http://10.0.0.1:${8701 + index}`, serverUrl })),
    { name: 'CB_none', url: 'http://10.0.0.1:8799' },
  ],
});
const index = new ServerUrlIndex(nodes.map(({ name, serverUrl }, at) => aNode(at, { name, serverUrl })));

function match(authority: string, target: string): string | undefined {
  const found = index.match(authority, target, pathEndOf(target));
  return found && `${found.node.name} ${target.slice(found.prefix.length)}`;
}

describe("a node's own URL", () => {
  const cases: readonly (readonly [authority: string, target: string, expected: string | undefined])[] = [
    ['127.0.0.1:8700', '/n1/cobrowse/rest/live/sessions?x=/', 'CB_1 /rest/live/sessions?x=/'],
    ['127.0.0.1:8700', '/n1/cobrowse', 'CB_1 '],
    ['127.0.0.1:8700', '/n1/cobrowse?x', 'CB_1 ?x'],
    ['127.0.0.1:8700', '/n10/cobrowse/x', 'CB_2 /x'],
    // On a segment boundary only.
    ['127.0.0.1:8700', '/n1/cobrowsers', undefined],
    ['127.0.0.1:8700', '/n1', undefined],
    ['127.0.0.1:8700', '/n100/cobrowse', undefined],
    ['127.0.0.1:8700', '/x?/n1/cobrowse', undefined],
    ['127.0.0.1:8700', '/cobrowse/n1/cobrowse', undefined],
    // The longest prefix.
    ['127.0.0.1:8700', '/n1/cobrowse/deep/x', 'CB_3 /x'],
    ['127.0.0.1:8700', '/n1/cobrowse/deeper', 'CB_1 /deeper'],
    // Host and port.
    ['127.0.0.1', '/n1/cobrowse', undefined],
    ['127.0.0.1:87000', '/n1/cobrowse', undefined],
    ['', '/n1/cobrowse', undefined],
    ['cb-4.example.com', '/cobrowse/x', 'CB_4 /x'],
    ['cb-4.example.com:443', '/cobrowse/x', 'CB_4 /x'],
    ['cb-4.example.com:80', '/cobrowse/x', undefined],
    ['xcb-4.example.com', '/cobrowse/x', undefined],
    ['cb-5.example.com', '/x', 'CB_5 /x'],
    ['cb-5.example.com:80', '/', 'CB_5 /'],
    ['cb-5.example.com:443', '/', undefined],
    ['cb-5.example.com', '*', undefined],
    ['[::1]', '/six/x', 'CB_6 /x'],
    ['[::1]:80', '/six/x', 'CB_6 /x'],
    ['[::1]:9443', '/seven', 'CB_7 '],
    ['[::1]', '/seven', undefined],
    ['__proto__', '/', undefined],
  ];
  for (const [authority, target, expected] of cases) {
    it(`is ${expected ?? 'none'} for ${authority}${target}`, () => assert.equal(match(authority, target), expected));
  }
});
