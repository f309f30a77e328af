/** All requests of the corpus. */
import { BODY_LENGTH } from './body-length.ts';
import type { RequestCase } from './case.ts';
import { CHUNKS } from './chunks.ts';
import { FIELD_LINES } from './field-lines.ts';
import { FORWARDING } from './forwarding.ts';
import { HOSTS } from './hosts.ts';
import { LIMITS } from './limits.ts';
import { PIPELINES } from './pipelines.ts';
import { REQUEST_LINES } from './request-lines.ts';

export const REQUEST_CASES: readonly RequestCase[] = [
  ...BODY_LENGTH,
  ...CHUNKS,
  ...FIELD_LINES,
  ...FORWARDING,
  ...HOSTS,
  ...LIMITS,
  ...PIPELINES,
  ...REQUEST_LINES,
];
