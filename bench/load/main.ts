/** Runs the load given as JSON in the only argument and ends with one line of JSON, as wrk.lua does. */
import { z } from 'zod';
import { generate } from './generate.ts';

const load = z
  .object({ port: z.int(), requests: z.array(z.string()).min(1), connections: z.int().min(1), seconds: z.number() })
  .parse(JSON.parse(process.argv[2] ?? ''));

console.log(JSON.stringify(await generate(load)));
