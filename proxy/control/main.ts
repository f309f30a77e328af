/** The module that a primary process runs; its argument is the configuration file, if there is one. */
import { formatProblem } from '../../config/problems.ts';
import { INVALID } from '../anchor/exit-codes.ts';
import { AnchorLink } from './anchor-link.ts';
import { loadProxy } from './load.ts';
import { readMemo } from './memo.ts';
import { run } from './run.ts';

// A terminal sends Ctrl-C to the whole process group, and systemd a SIGTERM; the anchor alone decides what becomes of
// it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => {});

const anchor = new AnchorLink();
const file = process.argv[2];
const memo = readMemo(await anchor.begun);
const load = () => loadProxy(file);
const loaded = load();
if (loaded.ok) process.exit(await run(loaded, { anchor, memo, load, file }));
for (const problem of loaded.problems) process.stderr.write(`${formatProblem(problem)}\n`);
process.exit(INVALID);
