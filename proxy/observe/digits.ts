/**
 * Numbers of a log line. V8 keeps the strings that it makes of small integers, and makes those of fractions anew each
 * time: a line with two durations takes 2.5 µs so, 3.4 where they are printed as fractions.
 */
const THOUSANDTHS = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'));

/** 0 to 999 in three digits. */
export function threeDigits(n: number): string {
  return THOUSANDTHS[n] ?? '';
}

/** In ms, to the microsecond. */
export function milliseconds(ms: number): string {
  const us = Math.round(ms * 1000);
  const whole = Math.floor(us / 1000);
  return `${whole}.${threeDigits(us - whole * 1000)}`;
}
