/** Runs the paced load given as JSON in the only argument and ends with one line of JSON. */
import { z } from 'zod';
import { pace } from '../load/paced.ts';

const order = z
  .object({
    port: z.int(),
    requests: z.array(z.string()).min(1),
    connections: z.int().min(1),
    perSecond: z.number(),
    seconds: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

console.log(JSON.stringify(await pace(order)));
