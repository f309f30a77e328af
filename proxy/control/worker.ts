/** The module that a worker process runs. */
import { DataPlane } from '../traffic/data-plane.ts';
import { runWorker } from './worker-role.ts';

runWorker((config, pool, hooks, tls) => new DataPlane(config, pool, hooks, tls));
