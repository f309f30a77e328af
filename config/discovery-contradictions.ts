/** Options of a source of nodes that are each right and cannot hold together. */
import type { z } from 'zod';
import { serverUrl as asServerUrl } from './scalars.ts';
import { formatDuration } from './values.ts';

interface DnsSource {
  readonly type: 'SRV' | 'A' | 'AAAA';
  readonly port?: number | undefined;
  readonly minTtl: number;
  readonly maxTtl: number;
  readonly nodeName?: string | undefined;
  readonly serverUrl?: string | undefined;
}

type Context = z.core.$RefinementCtx<DnsSource>;

/** What no node is called. */
const SAMPLE_NAME = 'a';

/** Which of two ports holds would be a guess. */
export function addressesHavePort({ type, port }: DnsSource, ctx: Context): void {
  if ((type === 'SRV') === (port === undefined)) return;
  const message =
    type === 'SRV' ? 'expected none beside type SRV, whose records say it' : `expected a port beside type ${type}`;
  ctx.addIssue({ code: 'custom', path: ['port'], message });
}

export function ttlsInOrder({ minTtl, maxTtl }: DnsSource, ctx: Context): void {
  if (minTtl <= maxTtl) return;
  ctx.addIssue({ code: 'custom', path: ['minTtl'], message: `expected at most maxTtl (${formatDuration(maxTtl)})` });
}

/** Nodes that are all called the same are one. */
export function nodeNameTells({ type, nodeName }: DnsSource, ctx: Context): void {
  if (nodeName === undefined) return;
  const placeholders = type === 'SRV' ? ['{label}', '{target}', '{address}', '{port}'] : ['{address}'];
  const isAddressed = placeholders.some((placeholder) => nodeName.includes(placeholder));
  const hasTarget = nodeName.includes('{label}') || nodeName.includes('{target}');
  if (isAddressed && (type === 'SRV' || !hasTarget)) return;
  const message =
    type === 'SRV'
      ? 'expected {label}, {target}, {address} or {port} in it'
      : `expected {address} in it, and no target beside type ${type}`;
  ctx.addIssue({ code: 'custom', path: ['nodeName'], message });
}

/** As a URL that is the same for all would make the first node serve for all of them. */
export function serverUrlTells({ serverUrl }: DnsSource, ctx: Context): void {
  if (serverUrl === undefined) return;
  const example = 'such as https://{name}.example.com/cobrowse';
  const message = serverUrl.includes('{name}')
    ? `expected a URL ${example}, without query`
    : `expected {name} in it, ${example}`;
  const isUrl = asServerUrl.safeParse(serverUrl.replaceAll('{name}', SAMPLE_NAME)).success;
  if (!isUrl || !serverUrl.includes('{name}')) ctx.addIssue({ code: 'custom', path: ['serverUrl'], message });
}
