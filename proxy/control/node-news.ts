/** What a worker's traffic has to tell of nodes, on its way to whoever decides about them and whoever reports it. */
import type { HealthPoller } from '../pool/poller.ts';
import type { FailoverReport } from './failover-report.ts';
import type { NodeNews } from './messages.ts';

/** `worker`: the pid of the one that tells. */
export function passOn(
  news: NodeNews,
  worker: number,
  poller: Pick<HealthPoller, 'pollNow' | 'suspect' | 'heard'>,
  report: Pick<FailoverReport, 'suspected'>,
): void {
  if (news.type === 'signs') {
    poller.heard(worker, news.signs);
    return;
  }
  report.suspected(news.node);
  if (news.type === 'suspect') poller.suspect(news.node);
  else poller.pollNow(news.node);
}
