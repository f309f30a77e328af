import { threeDigits } from './digits.ts';

/** The second that was asked for last, up to its `.`: lines of a log come many to a second. */
let second = Number.NaN;
let text = '';

/** A moment, in ms since the epoch, as people and programs read it: ISO 8601, UTC. */
export function isoTime(ms: number): string {
  const whole = Math.floor(ms / 1000);
  if (whole !== second) {
    text = new Date(whole * 1000).toISOString().slice(0, -4);
    second = whole;
  }
  return `${text}${threeDigits(Math.floor(ms - whole * 1000))}Z`;
}
