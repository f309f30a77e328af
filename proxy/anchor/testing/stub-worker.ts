/** A worker that says what it is told, and ends when it is told `end` or the anchor leaves it. */
process.on('SIGTERM', () => {});
process.on('message', (message) => {
  process.send?.({ echo: message }, undefined, undefined, () => {
    if (message === 'end') process.exit(0);
  });
});
process.once('disconnect', () => process.exit(0));
process.send?.('booted');
