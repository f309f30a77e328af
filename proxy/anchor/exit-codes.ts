/** What the program ends with, whatever the command; `control/README.md` has the same table. */

/** Done, and for `start` an orderly end. */
export const DONE = 0;
/** It cannot start, or failed; a command: the proxy refused, cannot be reached, or a file cannot be had. */
export const FAILED = 1;
/** The configuration or the command line is not valid. */
export const INVALID = 2;
/** The deadline of a drain has passed with something left on the node. */
export const DEADLINE_PASSED = 3;
/** A command that waits or watches was ended by Ctrl-C, as a shell says it: 128 and the number of SIGINT. */
export const INTERRUPTED = 130;
