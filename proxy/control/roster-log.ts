/** One line of the program's log for each node that is found, found no more, or forgotten. */
import type { Logger } from '../observe/log.ts';
import type { PoolNode } from '../pool/pool-node.ts';

/** Of nodes that the configuration itself has, its reload tells. */
export function logRoster(logger: Logger, before: readonly PoolNode[], after: readonly PoolNode[]): void {
  const known = new Map(before.map((node) => [node.name, node]));
  const now = new Map(after.map((node) => [node.name, node]));
  for (const node of after) {
    const { name, source, url, withdrawn } = node;
    const was = known.get(name);
    if (source === undefined) continue;
    const facts = { node: name, source, url: `${url.scheme}://${url.authority}${url.base}` };
    if (was === undefined || was.source === undefined) logger.info(facts, `node ${name} is found: ${facts.url}`);
    else if (was.withdrawn !== undefined && withdrawn === undefined) logger.info(facts, `node ${name} is found again`);
    else if (was.withdrawn === undefined && withdrawn !== undefined) {
      logger.warn(facts, `node ${name} is found no more: it keeps the sessions that it has, and gets no new ones`);
    } else if (was.url.authority !== url.authority) logger.info(facts, `node ${name} has moved to ${facts.url}`);
  }
  for (const { name, source } of before) {
    if (source !== undefined && !now.has(name)) logger.info({ node: name, source }, `node ${name} is forgotten`);
  }
}
