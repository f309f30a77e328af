/** A trial in a network namespace of its own: nodes, contender and load are all inside. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, nodeCommand } from '../harness/process.ts';
import { ScratchDir } from '../harness/scratch-dir.ts';
import type { Fault } from './fault.ts';
import { inNamespace } from './hole.ts';
import type { Trial, TrialOptions } from './trial.ts';

export type NamespaceTrial = {
  readonly contender: string;
  readonly fault: string;
  readonly options: TrialOptions;
};

/** `in-namespace.ts` writes it to this file of its temporary directory: the trial without what cannot be written. */
export const RESULT = 'result.json';

export async function runInNamespace(contender: string, fault: Fault, options: TrialOptions): Promise<Trial> {
  const dir = new ScratchDir();
  try {
    const trial: NamespaceTrial = { contender, fault: fault.name, options };
    const command = nodeCommand('failover/in-namespace.js', JSON.stringify(trial));
    await launch(inNamespace('env', `TMPDIR=${dir.path}`, ...command), { cpu: undefined }).output();
    const result: Omit<Trial, 'fault'> = JSON.parse(readFileSync(join(dir.path, RESULT), 'utf8'));
    return { ...result, fault };
  } finally {
    dir.close();
  }
}
