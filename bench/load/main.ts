/**
 * Runs the load given as JSON in the only argument and ends with one line of JSON; for requests the same as wrk.lua's.
 * Connections to hold: the line says that they are open, and they are until the process is ended from outside; it ends
 * with 1 when one of them is disturbed.
 */
import { z } from 'zod';
import { exchangeMessages } from './exchange-messages.ts';
import { generate } from './generate.ts';
import { Held } from './hold.ts';
import { offer } from './offer.ts';
import { transfer } from './transfer.ts';

const port = z.int();
const texts = z.array(z.string()).min(1);
const connections = z.int().min(1);
const seconds = z.number();
const tls = z.enum(['full', 'resumed']).optional();
const mixed = z.boolean().optional();
const perSecond = z.number().positive();

const order = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('requests'), port, tls, requests: texts, mixed, connections, seconds }),
    z.object({ kind: z.literal('offer'), port, requests: texts, connections, seconds, perSecond }),
    z.object({ kind: z.literal('transfers'), port, tls, heads: texts, upload: z.int(), connections, seconds }),
    z.object({ kind: z.literal('messages'), port, heads: texts, payload: z.int(), connections, seconds }),
    z.object({
      kind: z.literal('hold'),
      port,
      requests: texts,
      tunnels: z.boolean(),
      connections,
      together: connections,
    }),
  ])
  .parse(JSON.parse(process.argv[2] ?? ''));

console.log(JSON.stringify(await run()));

async function run(): Promise<unknown> {
  if (order.kind === 'requests') return generate(order);
  if (order.kind === 'offer') return offer(order);
  if (order.kind === 'transfers') return transfer(order);
  if (order.kind === 'messages') return exchangeMessages(order);
  const held = new Held(order, (what) => {
    console.error(what);
    process.exit(1);
  });
  await held.open();
  return { open: order.connections };
}
