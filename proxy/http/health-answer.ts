/**
 * The proxy's own answer to the health class: 200 when a node can take new sessions, else 503, with an empty body.
 * Pages of any origin may ask before they offer a session; the answer is the same for all and says nothing else.
 */
export function healthAnswer(healthy: boolean, keepAlive: boolean): string {
  return (
    `HTTP/1.1 ${healthy ? '200 OK' : '503 Service Unavailable'}\r\nContent-Length: 0\r\nCache-Control: no-store\r\n` +
    `Access-Control-Allow-Origin: *\r\nDate: ${new Date().toUTCString()}\r\n` +
    `${keepAlive ? '' : 'Connection: close\r\n'}\r\n`
  );
}
