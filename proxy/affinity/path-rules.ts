/** What a listener serves, by method and path below the web application's base. */
import type { PathRuleConfig, ProxyConfig } from '../../config/proxy-schema.ts';
import { isPlainPath } from '../http/plain-path.ts';
import { compilePattern, matchPattern, type PathPattern } from './path-pattern.ts';

interface Rule {
  /** undefined: any. */
  readonly methods: ReadonlySet<string> | undefined;
  readonly pattern: PathPattern;
}

/**
 * What `deny` names is not served; of the rest, what `allow` names, or all where there is no such list. Nothing outside
 * of the base is: a node might find there what is denied below it.
 */
export class PathRules {
  readonly #allow: readonly Rule[] | undefined;
  readonly #deny: readonly Rule[];

  private constructor(allow: readonly PathRuleConfig[] | undefined, deny: readonly PathRuleConfig[]) {
    this.#allow = allow?.map(({ path, methods }) => compile(path, methods));
    this.#deny = deny.map(({ path, methods }) => compile(folded(path), methods));
  }

  /** undefined for a listener that serves everything. */
  static of({ allow, deny }: Pick<ProxyConfig['listeners'][number], 'allow' | 'deny'>): PathRules | undefined {
    return allow === undefined && deny.length === 0 ? undefined : new PathRules(allow, deny);
  }

  /** `start`: where the path below the base begins in `target`, -1 outside of it; `end`: where the query begins. */
  refuse(method: string, target: string, start: number, end: number): 'bad_target' | 'not_exposed' | undefined {
    if (target !== '*' && !isPlainPath(target, end)) return 'bad_target';
    if (start === -1 || this.#denies(method, target, start, end)) return 'not_exposed';
    const allowed = this.#allow === undefined || this.#allow.some((rule) => takes(rule, method, target, start, end));
    return allowed ? undefined : 'not_exposed';
  }

  /** In any letter case, and with a slash at the end or without: nodes differ in what these are to them. */
  #denies(method: string, target: string, start: number, end: number): boolean {
    if (this.#deny.length === 0) return false;
    const path = folded(target.slice(start, end)).replace(/\/$/, '');
    return this.#deny.some((rule) => takes(rule, method, path, 0, path.length));
  }
}

function compile(path: string, methods: readonly string[] | undefined): Rule {
  return { methods: methods && new Set(methods), pattern: compilePattern(path) };
}

/** HEAD is GET without the body. */
function takes({ methods, pattern }: Rule, method: string, text: string, start: number, end: number): boolean {
  const named = methods === undefined || methods.has(method) || (method === 'HEAD' && methods.has('GET'));
  return named && matchPattern(pattern, text, start, end) !== undefined;
}

/** Of a plain path. Both ways, since some letters have their like in ASCII as capitals only (`ı`). */
function folded(path: string): string {
  const text = path.includes('%') ? decodeURIComponent(path) : path;
  return text.toUpperCase().toLowerCase();
}
