/** A file with nodes: a list as the option `nodes` is one, validated by the same schema. */
import { dirname, resolve } from 'node:path';
import { deepFreeze } from './frozen.ts';
import { formatPath, type KeyPath } from './key-path.ts';
import { nodesSchema } from './pool-schema.ts';
import type { Problem } from './problems.ts';
import type { NodeConfig } from './proxy-schema.ts';
import { shapeOf } from './shape.ts';
import { printable } from './show.ts';
import { type Fault, validate } from './validation.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

const EXPECTED = 'a list of nodes, [] for none';

export interface NodeList {
  readonly nodes: readonly NodeConfig[];
  readonly problems: readonly Problem[];
  /** What is wrong at a path below the list. */
  problemAt(path: KeyPath, message: string): Problem;
}

/** `text`: what is in `file`. PEM files that it names are relative to it. */
export function readNodeList(file: string, text: string): NodeList {
  const { source, problems } = readYaml(text, EXPECTED);
  const told = problems.map(
    ({ path, message, position }): Problem => ({
      origin: { kind: 'file', file, position },
      path: formatPath(path),
      message: printable(message),
    }),
  );
  const problemAt = (path: KeyPath, message: string): Problem =>
    problemOf(file, source, { path, message, unknownKey: false });
  if (source === undefined) return { nodes: [], problems: told, problemAt };
  const shape = shapeOf(nodesSchema);
  const validation = validate(nodesSchema, shape, source.value);
  if (!validation.ok) {
    const faults = validation.faults.map((fault) => problemOf(file, source, fault));
    return { nodes: [], problems: [...told, ...faults], problemAt };
  }
  const directory = dirname(file);
  const nodes = deepFreeze(validation.value).map((node) => withFilesIn(directory, node));
  return { nodes, problems: told, problemAt };
}

function problemOf(file: string, source: YamlSource | undefined, { path, message, unknownKey }: Fault): Problem {
  const position = unknownKey ? source?.positionOfKey(path) : source?.positionOf(path);
  return { origin: { kind: 'file', file, position }, path: formatPath(path), message };
}

function withFilesIn(directory: string, node: NodeConfig): NodeConfig {
  if (node.tls === undefined) return node;
  const { ca, cert, key } = node.tls;
  const located = (name: string | undefined) => (name === undefined ? undefined : resolve(directory, name));
  return deepFreeze({ ...node, tls: { ...node.tls, ca: located(ca), cert: located(cert), key: located(key) } });
}
