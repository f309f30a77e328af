/** Where in a configuration a value stands: keys of mappings and indexes of lists, from the root down. */
import { printable, shorten } from './show.ts';

export type KeyPath = readonly (string | number)[];

/** `['nodes', 1, 'url']` → `nodes[1].url`; a key that is no plain word in brackets: `["a b"]`; the root is `''`. */
export function formatPath(path: KeyPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[A-Za-z_][\w-]{0,63}$/.test(step)) text += `[${printable(JSON.stringify(shorten(step)))}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** The environment variable of the value at `path`: `['affinity', 'perSecond']` → `<prefix>AFFINITY_PER_SECOND`. */
export function variableName(prefix: string, path: KeyPath): string {
  return prefix + path.map((step) => upperSnake(String(step))).join('_');
}

/** `perSecond` → `PER_SECOND`. */
export function upperSnake(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}

/** Whether `path` is `ancestor` itself or lies below it. */
export function isWithin(path: KeyPath, ancestor: KeyPath): boolean {
  return path.length >= ancestor.length && ancestor.every((step, depth) => step === path[depth]);
}

/** The value at `path` of plain data; undefined where there is none. */
export function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  return value;
}
