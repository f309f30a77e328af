/** What the program ends with, whatever the command; `control/README.md` has the same table. */

/** Done, and for `start` an orderly end. */
export const DONE = 0;
/** It cannot start, or failed; a command: the proxy refused, cannot be reached, or a file cannot be had. */
export const FAILED = 1;
/** The configuration or the command line is not valid. */
export const INVALID = 2;
/** The deadline of a drain has passed with something left on the node. */
export const DEADLINE_PASSED = 3;

/** As `--help` tells them. */
export const EXIT_CODES = `Exit codes:
  ${DONE}    done
  ${FAILED}    refused, cannot be reached, cannot start, or failed
  ${INVALID}    the command line or the configuration is not valid
  ${DEADLINE_PASSED}    drain --wait: the deadline passed with something left on the node
  130  drain --wait and status --watch: Ctrl-C`;
