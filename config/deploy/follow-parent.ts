/**
 * Preloaded into the children of the local cluster (`--import`): a child whose parent vanishes, be it by SIGKILL, stops
 * as if by SIGTERM and so frees its port. The parent's pid comes in the query of the module's URL, because the children
 * of a child inherit its flags and must not follow as well.
 */
const parent = Number(new URL(import.meta.url).searchParams.get('parent'));

if (process.ppid === parent && process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // The listener alone would keep a process alive that is otherwise done.
  process.channel.unref();
}
