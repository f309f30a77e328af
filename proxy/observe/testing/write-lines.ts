/** Writes so many lines to stdout, then says on stderr how many were dropped. */
import { setTimeout } from 'node:timers/promises';
import { Sink } from '../sink.ts';

let dropped = 0;
const sink = new Sink({ to: 1, gather: true, onDrop: () => dropped++ });
const line = `{${'x'.repeat(500)}}\n`;
const count = Number(process.argv[2]);
for (let i = 0; i < count; i++) {
  sink.write(line);
  if (i % 10 === 0) await setTimeout(0);
}
await sink.close();
process.stderr.write(`${JSON.stringify({ dropped })}\n`);
process.exit(0);
