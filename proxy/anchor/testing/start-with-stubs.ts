/** `runAnchor` with stand-ins for primary and worker; the argument is the script file. Runs compiled. */
import { fileURLToPath } from 'node:url';
import { runAnchor } from '../anchor.ts';

const [, , script = ''] = process.argv;
const moduleAt = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
process.exit(
  await runAnchor({ primary: moduleAt('./stub-primary.js'), args: [script], worker: moduleAt('./stub-worker.js') }),
);
