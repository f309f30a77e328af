/**
 * Trailer fields (RFC 9110 §6.5): same grammar as fields; what would change routing is dropped, and what would change
 * the framing is an attack on whoever merges trailers into the head, as lighttpd did (CVE-2025-12642).
 */
import { FieldSection } from './fields.ts';

const MAX_TRAILER_FIELDS = 32;

const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/** Not allowed in trailers by RFC 9110 §6.5.1 (routing, authentication, modifiers), and hop-by-hop fields. */
const DROPPED: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'set-cookie',
  'te',
  'trailer',
  'upgrade',
  'via',
  'www-authenticate',
  'x-original-url',
  'x-rewrite-url',
]);

export class TrailerSection extends FieldSection {
  /** Length of the section with its empty line; 0 when more bytes are needed, negative when it is refused. */
  parse(text: string): number {
    this.resetFields();
    return this.readFields(text, 0, MAX_TRAILER_FIELDS);
  }

  protected field(line: number, nameEnd: number, _start: number, _end: number, next: number): boolean {
    const name = this.text.slice(line, nameEnd).toLowerCase().replaceAll('_', '-');
    if (FRAMING.has(name)) return false;
    if (DROPPED.has(name) || name.startsWith('x-forwarded-') || name.startsWith('x-real-ip')) this.cut(line, next);
    return true;
  }

  get forwarded(): string {
    return this.keptFields();
  }
}
