/** `cobrowse-proxy start --config FILE`, with the stub in the place of the data plane. Runs compiled. */
import { fileURLToPath } from 'node:url';
import { runAnchor } from '../../anchor/anchor.ts';

const [, , file = ''] = process.argv;
const moduleAt = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
process.exit(await runAnchor({ primary: moduleAt('../main.js'), args: [file], worker: moduleAt('./stub-worker.js') }));
