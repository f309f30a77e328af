/**
 * For the `skip` option of tests that need a program of other people: false where it is installed, else the reason.
 * With
 * `REQUIRE_SERVICES=1` such tests run, and fail.
 */
import { spawnSync } from 'node:child_process';

/** `version`: the option that has it tell its own. */
export function skipWithout(program: string, version = '--version'): string | false {
  if (process.env.REQUIRE_SERVICES === '1' || spawnSync(program, [version]).status === 0) return false;
  return `${program} is not installed`;
}
