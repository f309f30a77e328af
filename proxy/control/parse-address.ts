/** Where to listen, as it is typed: `0.0.0.0:8700`, `[::1]:8700`. */
import { isHost } from '../../config/addresses.ts';

export function parseAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  return isHost(host) && Number(port) <= 65_535 ? { host, port: Number(port) } : undefined;
}
