/** What the fuzz has found (see `fuzz/`), kept so that it is tried first and for ever. */
import type { RequestCase } from './case.ts';

export const FOUND: readonly RequestCase[] = [];
