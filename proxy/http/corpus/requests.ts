/** All requests of the corpus. */
import { ADVISORIES } from './advisories.ts';
import { BODY_LENGTH } from './body-length.ts';
import type { RequestCase } from './case.ts';
import { CHUNK_ENDS } from './chunk-ends.ts';
import { CHUNKS } from './chunks.ts';
import { CONNECTIONS } from './connections.ts';
import { DESYNC } from './desync.ts';
import { EXACT } from './exact.ts';
import { FIELD_LINES } from './field-lines.ts';
import { FORWARDING } from './forwarding.ts';
import { FOUND } from './found.ts';
import { HOSTS } from './hosts.ts';
import { LIMITS } from './limits.ts';
import { PIPELINES } from './pipelines.ts';
import { REQUEST_LINES } from './request-lines.ts';

export const REQUEST_CASES: readonly RequestCase[] = [
  ...ADVISORIES,
  ...BODY_LENGTH,
  ...CHUNK_ENDS,
  ...CHUNKS,
  ...CONNECTIONS,
  ...DESYNC,
  ...EXACT,
  ...FIELD_LINES,
  ...FORWARDING,
  ...FOUND,
  ...HOSTS,
  ...LIMITS,
  ...PIPELINES,
  ...REQUEST_LINES,
];
