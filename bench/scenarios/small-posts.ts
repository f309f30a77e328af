import { proveRouting } from '../harness/prove.ts';
import { proveUpload } from '../harness/prove-bulk.ts';
import { boundHeads, exchangeMetrics, measureRequests } from './requests.ts';
import type { Scenario } from './scenario.ts';

const BODY_BYTES = 4096;

export const smallPosts: Scenario = {
  name: 'small-posts',
  summary: `POST with sticky cookie and a body of ${BODY_BYTES} bytes, 35 bytes of JSON, keep-alive`,
  metrics: exchangeMetrics('request'),
  async prove(target) {
    await proveRouting(target);
    await proveUpload(target, BODY_BYTES);
  },
  measure: (contender, drive) => measureRequests(contender, drive, POSTS),
};

const POSTS = boundHeads(
  'POST',
  '/sink',
  `Content-Type: application/octet-stream\r\nContent-Length: ${BODY_BYTES}\r\n`,
).map((head) => head + '.'.repeat(BODY_BYTES));
