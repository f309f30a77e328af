/** The module that a worker process runs. */
import { DataPlane } from '../traffic/data-plane.ts';
import { runWorker } from './worker-role.ts';

runWorker((config, pool, hooks) => new DataPlane(config, pool, hooks));
