/** `cobrowse-proxy start --config FILE`, with the stub in the place of the data plane. Runs compiled. */
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../../config/load.ts';
import { proxySchema } from '../../../config/proxy-schema.ts';
import { run } from '../run.ts';

const file = process.argv[2];
const load = () => loadConfig(proxySchema, { file, environment: {}, prefix: '' });
const result = load();
if (!result.ok) throw new Error(JSON.stringify(result.problems));
const workerFile = fileURLToPath(new URL('./stub-worker.js', import.meta.url));
process.exit(await run(result.config, { workerFile, load, file }));
