/** `npm run docs`: writes anew what pages say that is made of the program's own tables. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refreshed } from './generated.ts';
import { allPages, ROOT } from './pages.ts';

for (const { path, text } of allPages()) {
  const fresh = refreshed(text);
  if (fresh === text) continue;
  writeFileSync(join(ROOT, path), fresh);
  process.stdout.write(`${path}\n`);
}
