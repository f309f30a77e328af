/** Every fault, in the order of the report. */
import type { Fault } from './fault.ts';
import { NODE_FAULTS } from './node-faults.ts';
import { PROXY_FAULTS } from './proxy-faults.ts';
import { STORE_FAULTS } from './store-faults.ts';

export const FAULTS: readonly Fault[] = [...NODE_FAULTS, ...PROXY_FAULTS, ...STORE_FAULTS];
