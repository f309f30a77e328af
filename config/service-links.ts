/**
 * Kubernetes gives every container variables that describe the services of its namespace, named after the service. One
 * called `cobrowse-proxy` or `cobrowse-proxy-admin` would so "set" `COBROWSE_PROXY_PORT=tcp://10.0.0.1:80` or
 * `COBROWSE_PROXY_ADMIN_PORT`, which nobody meant as an option.
 */

const FACT = /_SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)_(?:PROTO|PORT|ADDR)$/;
const URL_FACT = /_PORT(?:_\d+_(?:TCP|UDP|SCTP))?$/;

/** Whether a variable has the name and, where the name alone could be an option's, the value of a service link. */
export function isServiceLink(variable: string, value: string): boolean {
  return FACT.test(variable) || (URL_FACT.test(variable) && /^(?:tcp|udp|sctp):\/\//.test(value));
}
