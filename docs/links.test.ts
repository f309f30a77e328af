/** What pages link to, and the files that they name, are there. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { allPages, proseOf, ROOT, targetOf } from './pages.ts';

const pages = new Map(allPages().map((page) => [page.path, page.text]));

/** As the places that show Markdown make them of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(text).matchAll(/^#+ (.*)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let count = 0;
    while (anchors.has(count === 0 ? anchor : `${anchor}-${count}`)) count++;
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  return anchors;
}

for (const [path, text] of pages) {
  test(`the links of ${path} lead somewhere`, () => {
    const links = proseOf(text)
      .replace(/`[^`\n]*`(?!\])/g, '')
      .matchAll(/\]\(\s*([^)\s]+)\s*\)/g);
    for (const [, link = ''] of links) {
      if (/^[a-z]+:/.test(link)) continue;
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : targetOf(path, file);
      assert.ok(existsSync(join(ROOT, target)), link);
      if (anchor !== undefined) assert.ok(anchorsOf(pages.get(target) ?? '').has(anchor), link);
    }
  });

  test(`the files that ${path} names are there`, () => {
    const named = text.matchAll(
      /`((?:[\w@-][\w.@-]*\/)+(?:[\w.@-]+\.(?:ts|js|md|ya?ml|json|conf|cfg|lua|service|html))?)`/g,
    );
    for (const [, file = ''] of named) {
      // What is compiled has a source.
      const source = file.replace(/^dist\/(.*)\.js$/, '$1.ts');
      const places = [dirname(path), '.', 'proxy', 'node'].map((place) => join(ROOT, place, source));
      assert.ok(places.some(existsSync), file);
    }
  });
}

test('every page can be reached from the README', () => {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const [, link = ''] of proseOf(pages.get(path) ?? '').matchAll(/\]\(\s*([^)\s#]+\.md)(?:#[^)]*)?\)/g)) {
      visit(targetOf(path, link));
    }
  };
  visit('README.md');
  assert.deepEqual(
    [...pages.keys()].filter((path) => !reached.has(path)),
    [],
  );
});
