/** Numbers, durations and times as people read them. */

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(number) {
  return WHOLE.format(number);
}

/** `1 session`, `2 sessions`. */
export function counted(number, what) {
  return `${count(number)} ${what}${number === 1 ? '' : 's'}`;
}

export function rate(perSecond) {
  if (perSecond === 0) return '0';
  return perSecond < 10 ? perSecond.toFixed(1) : WHOLE.format(perSecond);
}

/** `ms` undefined: nothing was measured. */
export function latency(ms) {
  if (ms === undefined) return '–';
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
  return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}

/** `time`: ISO 8601, or ms since the epoch; the date only when it is another day. */
export function clock(time, now = Date.now()) {
  const at = new Date(time);
  const told = at.toLocaleTimeString('en-GB');
  return new Date(now).toDateString() === at.toDateString() ? told : `${at.toLocaleDateString('sv')} ${told}`;
}
