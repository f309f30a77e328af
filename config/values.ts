/** Human units of the configuration: durations in milliseconds, sizes in bytes. */

/** ms */
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Bytes. */
export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

const DURATION_UNITS: Readonly<Record<string, number>> = { h: HOUR, m: MINUTE, s: SECOND, ms: 1 };
const SIZE_UNITS: Readonly<Record<string, number>> = { GiB: GIB, MiB: MIB, KiB: KIB, B: 1 };

/** `"250ms"`, `"2s"`, `"1.5m"`, `"1h"` → milliseconds; undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  return parseWithUnit(text, DURATION_UNITS);
}

/** `"512B"`, `"16KiB"`, `"100MiB"`, `"1GiB"` → bytes; undefined when it is none of these. */
export function parseSize(text: string): number | undefined {
  return parseWithUnit(text, SIZE_UNITS);
}

/** Milliseconds in the largest unit that needs no fraction: 90_000 → `"90s"`, 3_600_000 → `"1h"`. */
export function formatDuration(ms: number): string {
  return formatWithUnit(ms, DURATION_UNITS, 'ms');
}

/** Bytes in the largest unit that needs no fraction: 16_384 → `"16KiB"`, 1000 → `"1000B"`. */
export function formatSize(bytes: number): string {
  return formatWithUnit(bytes, SIZE_UNITS, 'B');
}

function parseWithUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)([A-Za-z]+)$/.exec(text);
  const factor = match?.[2] === undefined || !Object.hasOwn(units, match[2]) ? undefined : units[match[2]];
  if (match === null || factor === undefined) return undefined;
  const value = Number(match[1]) * factor;
  return Number.isSafeInteger(value) ? value : undefined;
}

function formatWithUnit(value: number, units: Readonly<Record<string, number>>, least: string): string {
  for (const [unit, factor] of Object.entries(units)) {
    if (value >= factor && value % factor === 0) return `${value / factor}${unit}`;
  }
  return `${value}${least}`;
}
