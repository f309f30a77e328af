/** A configuration to begin with: the options that every cluster has to say, each with a comment. */
import { stringify } from 'yaml';

export interface DraftListener {
  readonly host: string;
  readonly port: number;
  /** PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface DraftNode {
  readonly name: string;
  readonly url: string;
}

export interface Draft {
  /** At least one. */
  readonly listeners: readonly DraftListener[];
  readonly base: string;
  readonly cookie: string;
  readonly nodes: readonly DraftNode[];
}

/** As an operator would write it; not yet validated. */
export function draftText({ listeners, base, cookie, nodes }: Draft): string {
  return `# A configuration of cobrowse-proxy. Whatever is not said has its default; config/cobrowse.yaml has them all, with comments.
# \`cobrowse-proxy check --config FILE\` says what is wrong, \`cobrowse-proxy explain --config FILE\` where a request would go.

# Where clients come in. \`audience: public\` serves what live sessions need, and nothing internal.
listeners:
${listeners.map(listenerText).join('')}
# Metrics, status, drain and reload, for operators only. On another address than a loopback one it needs a token.
admin:
  host: 127.0.0.1
  port: 9700

# Where drains and maintenance are remembered over a restart of the proxy; relative to this file.
# stateFile: cobrowse-state.json

# Where clients find the web application; / for the root.
base: ${scalar(base)}

affinity:
  cookie: ${scalar(cookie)} # its value is only ever compared with the nodes' names
  lookup:
    origin: http://127.0.0.1:8700 # nodes are asked whose session it is with this Origin: their allowedOrigins must have it

# The nodes. \`name\`: what the cookie says. \`url\`: where the proxy reaches the node, with the path of its web application.
# Where a node has a public URL of its own, \`serverUrl: https://n1.example.com/cobrowse\` beside it: requests to that go there
# whatever their cookie says.
nodes:
${nodes.map(nodeText).join('')}`;
}

function listenerText({ host, port, tls }: DraftListener): string {
  const plain = `  - host: ${scalar(host)}\n    port: ${port}\n`;
  if (tls === undefined) return plain;
  return `${plain}    tls:\n      certificates:\n        - cert: ${scalar(tls.cert)}\n          key: ${scalar(tls.key)}\n`;
}

function nodeText({ name, url }: DraftNode): string {
  return `  - name: ${scalar(name)}\n    url: ${scalar(url)}\n`;
}

function scalar(text: string): string {
  return stringify(text, { lineWidth: 0, blockQuote: false }).trimEnd();
}
