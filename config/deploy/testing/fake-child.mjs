/**
 * Stands for a node or the proxy in tests. Plain JavaScript, so that it starts in no time. Arguments, in order of effect:
 * `fail` ends at once with a line on stderr, `silent` never says that it listens, `stubborn` ignores SIGTERM, `die` ends
 * with exit code 7 on SIGUSR2.
 */
const behaviours = process.argv.slice(2);
const does = (behaviour) => behaviours.includes(behaviour);

if (does('fail')) {
  console.error('cannot listen on 127.0.0.1:1: the port is in use');
  process.exit(1);
}
process.on('SIGTERM', () => {
  console.log('got SIGTERM');
  if (!does('stubborn')) process.exit(0);
});
if (does('die')) process.on('SIGUSR2', () => process.exit(7));
setInterval(() => {}, 1000);
console.log('starting');
if (!does('silent')) process.send?.({ type: 'listening', port: 1 });
