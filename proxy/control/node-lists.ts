/** Nodes that a configuration has in other files, and in the files of directories. */
import { join, resolve } from 'node:path';
import type { DiscoveryConfig } from '../../config/discovery-schema.ts';
import { deepFreeze } from '../../config/frozen.ts';
import { readListing } from '../../config/listing.ts';
import { type NodeList, readNodeList } from '../../config/node-list.ts';
import type { Problem } from '../../config/problems.ts';
import { repeatedNodes } from '../../config/proxy-contradictions.ts';
import type { NodeConfig } from '../../config/proxy-schema.ts';
import { printable } from '../../config/show.ts';
import { readTextFile } from '../../config/text-file.ts';
import type { Fault } from '../../config/validation.ts';
import type { PoolNode } from '../pool/pool-node.ts';

const FILE_NAME = /\.(?:ya?ml|json)$/;

type Path = Fault['path'];

export class NodeLists {
  /** Each with its `source`. */
  readonly nodes: PoolNode[] = [];
  /** Of what is in the files. */
  readonly problems: Problem[] = [];
  /** Of the configuration: what it names cannot be read. */
  readonly faults: Fault[] = [];
  /** Every file and directory by its path, with what was read; undefined where nothing could be. */
  readonly files = new Map<string, string | undefined>();
  readonly #directory: string;
  /** Of each of `nodes`: its list, and where in it. */
  readonly #places: { readonly list: NodeList; readonly index: number }[] = [];

  /** `directory`: what names are relative to. `configured`: nodes that the configuration itself has. */
  constructor({ files, directories, maxNodes }: DiscoveryConfig, directory: string, configured: readonly NodeConfig[]) {
    this.#directory = directory;
    for (const [index, name] of files.entries()) this.#read(name, ['discovery', 'files', index]);
    for (const [index, name] of directories.entries()) this.#readAll(name, ['discovery', 'directories', index]);
    this.#refuseRepeats(configured);
    if (this.nodes.length <= maxNodes) return;
    const message = `expected at most ${maxNodes} in all files together, got ${this.nodes.length}`;
    this.faults.push({ path: ['discovery', 'maxNodes'], message, unknownKey: false });
  }

  /** A problem with one of `nodes`, at a path below it. */
  refuse(index: number, path: Path, message: string): void {
    const place = this.#places[index];
    if (place !== undefined) this.problems.push(place.list.problemAt([place.index, ...path], message));
  }

  #readAll(name: string, path: Path): void {
    const at = resolve(this.#directory, name);
    const listing = readListing(at);
    this.files.set(at, listing.ok ? listing.text : undefined);
    if (!listing.ok) {
      this.#fault(path, at, listing.reason);
      return;
    }
    for (const file of listing.names) if (FILE_NAME.test(file)) this.#read(join(name, file), path);
  }

  #read(name: string, path: Path): void {
    const at = resolve(this.#directory, name);
    const read = readTextFile(at);
    this.files.set(at, read.ok ? read.text : undefined);
    if (!read.ok) {
      this.#fault(path, at, read.reason);
      return;
    }
    const list = readNodeList(at, read.text);
    this.problems.push(...list.problems);
    list.nodes.forEach((node, index) => {
      this.nodes.push(deepFreeze({ ...node, source: `file ${name}` }));
      this.#places.push({ list, index });
    });
  }

  #refuseRepeats(configured: readonly NodeConfig[]): void {
    const all: readonly PoolNode[] = [...configured, ...this.nodes];
    for (const { field, index, first } of repeatedNodes(all)) {
      const source = all[first]?.source;
      const whose = source === undefined ? `nodes[${first}]` : `one in ${source}`;
      // What is wrong within one list its own validation has told.
      if (index >= configured.length) {
        this.refuse(index - configured.length, [field], `expected a ${field} of its own (${whose} has the same)`);
      }
    }
  }

  #fault(path: Path, at: string, reason: string): void {
    this.faults.push({ path, message: `${printable(at)}: ${reason}`, unknownKey: false });
  }
}
