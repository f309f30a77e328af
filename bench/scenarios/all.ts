import { accessLog } from './access-log.ts';
import { answers1Mb, answers100Mb, upload100Mb } from './bulk.ts';
import { heldPolls, idleTunnels } from './idle.ts';
import { latency } from './latency.ts';
import { newConnections } from './new-connections.ts';
import type { Scenario } from './scenario.ts';
import { smallAnswers } from './small-answers.ts';
import { smallPosts } from './small-posts.ts';
import { tlsAnswers1Mb, tlsAnswers100Mb, tlsHandshakes, tlsResumptions, tlsSmallAnswers } from './tls.ts';
import { websocket64Kb, websocket100B } from './websocket.ts';
import { workers } from './workers.ts';

/** Every scenario, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  smallAnswers,
  latency,
  newConnections,
  smallPosts,
  answers1Mb,
  answers100Mb,
  upload100Mb,
  websocket100B,
  websocket64Kb,
  tlsHandshakes,
  tlsResumptions,
  tlsSmallAnswers,
  tlsAnswers1Mb,
  tlsAnswers100Mb,
  accessLog,
  workers,
  // Last, since a connection that is closed meanwhile ends the run.
  idleTunnels,
  heldPolls,
];
