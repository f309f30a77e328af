/**
 * How Node.js runs primaries and workers. None of the program makes code of text, so nobody else shall (`eval`,
 * `Function`).
 */
export const EXEC_ARGV: readonly string[] = [...process.execArgv, '--disallow-code-generation-from-strings'];
