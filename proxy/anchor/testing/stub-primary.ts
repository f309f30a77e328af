/**
 * A primary that does what a script says: one line of it for each primary, in the order of their start, a JSON array of
 * messages to the anchor, numbers to exit with, and words to wait for, the types of messages from it. Each message that
 * it gets is a line of stdout: `{ primary, message }`, where `primary` is its number.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

type Step = object | number | string;

const [, , file = ''] = process.argv;
const count = `${file}.count`;
const primary = existsSync(count) ? Number(readFileSync(count, 'utf8')) + 1 : 1;
writeFileSync(count, String(primary));
const lines = readFileSync(file, 'utf8').split('\n');
const steps: Step[] = JSON.parse(lines[primary - 1] ?? '[]');

const got: string[] = [];
process.on('SIGTERM', () => {});
process.once('disconnect', () => process.exit(0));
process.on('message', (message: { readonly type: string }) => {
  process.stdout.write(`${JSON.stringify({ primary, pid: process.pid, message })}\n`);
  got.push(message.type);
  goOn();
});

function goOn(): void {
  for (let next = steps[0]; next !== undefined; next = steps[0]) {
    if (typeof next === 'string') {
      const index = got.indexOf(next);
      if (index < 0) return;
      got.splice(0, index + 1);
    } else if (typeof next === 'number') process.exit(next);
    else process.send?.(next);
    steps.shift();
  }
}

goOn();
