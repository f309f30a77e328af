/** The inside of `namespace.ts`. One argument, JSON: `NamespaceTrial`. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAILOVER_CONTENDERS } from './contenders.ts';
import { FAULTS } from './faults.ts';
import { setUpNetwork } from './hole.ts';
import { type NamespaceTrial, RESULT } from './namespace.ts';
import { runTrial } from './trial.ts';

const wanted: NamespaceTrial = JSON.parse(process.argv[2] ?? '');
const contender = FAILOVER_CONTENDERS.find(({ name }) => name === wanted.contender);
const fault = FAULTS.find(({ name }) => name === wanted.fault);
if (contender === undefined || fault === undefined) throw new Error(`no ${wanted.contender} under ${wanted.fault}`);
setUpNetwork();
const { fault: _, ...result } = await runTrial(contender, fault, wanted.options);
writeFileSync(join(tmpdir(), RESULT), JSON.stringify(result));
