/** The `code` of one of this proxy's refusals, or '' for any other answer. */
export function refusalCode(body: string): string {
  return /"code":"(\w+)"/.exec(body)?.[1] ?? '';
}
