/** Options of the node that are each right and cannot hold together. */
import type { z } from 'zod';
import { bindsCollide } from './addresses.ts';
import { formatDuration } from './values.ts';

type Context<T> = z.core.$RefinementCtx<T>;

interface Drain {
  readonly notice?: number | undefined;
  readonly deadline: number;
}

/** A node that is to be gone by the deadline cannot serve on for longer. */
export function noticeWithinDeadline({ notice, deadline }: Drain, ctx: Context<Drain>): void {
  if (notice === undefined || notice <= deadline) return;
  const message = `expected at most drain.deadline (${formatDuration(deadline)})`;
  ctx.addIssue({ code: 'custom', path: ['notice'], message });
}

interface Addresses {
  readonly host: string;
  readonly port: number;
  readonly metrics: { readonly host: string; readonly port?: number | undefined };
}

/** Two listeners on one address: the second could only fail at start. */
export function metricsBesideTraffic({ host, port, metrics }: Addresses, ctx: Context<Addresses>): void {
  if (port === 0 || metrics.port !== port || !bindsCollide(host, metrics.host)) return;
  const message = `expected an address of its own (the node itself has ${host}:${port})`;
  ctx.addIssue({ code: 'custom', path: ['metrics', 'port'], message });
}
