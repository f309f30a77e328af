/** The path of a request target in origin-form or absolute-form (RFC 9112 §3.2), without authority and query. */
export function pathOf(target: string): string {
  const withoutAuthority = target.replace(/^https?:\/\/[^/?#]*/i, '');
  const query = withoutAuthority.indexOf('?');
  return query === -1 ? withoutAuthority : withoutAuthority.slice(0, query);
}
