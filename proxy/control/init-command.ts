/**
 * `cobrowse-proxy init`: writes a configuration from flags, from an NGINX configuration, or from what somebody at a
 * terminal answers. What it writes is valid; what is there already stays as it is.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Draft, type DraftListener, type DraftNode, draftText } from '../../config/draft.ts';
import { formatPath } from '../../config/key-path.ts';
import { readNginxMap } from '../../config/nginx-map.ts';
import { proxySchema } from '../../config/proxy-schema.ts';
import { nodeName } from '../../config/scalars.ts';
import { shapeOf } from '../../config/shape.ts';
import { printable } from '../../config/show.ts';
import { readTextFile } from '../../config/text-file.ts';
import { validate } from '../../config/validation.ts';
import { readYaml } from '../../config/yaml-source.ts';
import { DONE, FAILED, INVALID } from '../anchor/exit-codes.ts';
import { readCertificates } from './certificates.ts';
import { describeError } from './describe-error.ts';
import { askDraft } from './init-questions.ts';
import { parseAddress } from './parse-address.ts';
import { Progress } from './progress.ts';

export const DRAFT: Draft = {
  listeners: [{ host: '127.0.0.1', port: 8700 }],
  base: '/cobrowse',
  cookie: 'gcbSessionServer',
  nodes: [],
};

export interface InitFlags {
  readonly node?: readonly DraftNode[];
  readonly listen?: DraftListener;
  readonly base?: string;
  readonly fromNginx?: string;
}

export function addInitCommand(program: Command): void {
  program
    .command('init')
    .description('write a commented configuration, from flags, from an NGINX map, or from a few questions')
    .argument('[file]', 'where to; one that is there is never overwritten', 'cobrowse.yaml')
    .option('--node <name=url>', 'a node, by the name that its cookie has; once for each', collectNode)
    .option('--listen <host:port>', 'where clients come in', listenText)
    .option('--base <path>', 'where clients find the web application')
    .addOption(
      new Option('--from-nginx <file>', 'take nodes and listeners from its map of $cookie_gcbSessionServer').conflicts(
        'node',
      ),
    )
    .action(async (file: string, flags: InitFlags, command: Command) => {
      const progress = new Progress(process.stdout, process.stderr);
      if (existsSync(file)) process.exit(alreadyThere(file, progress));
      let draft = draftOf(flags, progress);
      if (draft === undefined) process.exit(FAILED);
      if (draft.nodes.length === 0) {
        if (!process.stdin.isTTY || !process.stdout.isTTY) {
          command.error('error: expected --node or --from-nginx; questions are asked at a terminal only');
        }
        draft = await askDraft(process.stdin, process.stdout, draft, flags);
        if (draft === undefined) {
          progress.warn('nothing was written');
          process.exit(FAILED);
        }
      }
      process.exit(writeDraft(file, draft, progress));
    });
}

/** Without nodes where the flags name none; undefined when what they name cannot be had, which is told. */
export function draftOf({ node = [], listen, base, fromNginx }: InitFlags, progress: Progress): Draft | undefined {
  const said = { ...(listen && { listeners: [listen] }), ...(base !== undefined && { base }) };
  if (fromNginx === undefined) return { ...DRAFT, ...said, nodes: node };
  const file = readTextFile(fromNginx);
  if (!file.ok) {
    progress.warn(`${fromNginx}: ${file.reason}`);
    return undefined;
  }
  const read = readNginxMap(file.text);
  const tell = (line: number, message: string): void => progress.warn(`${fromNginx}:${line}: ${printable(message)}`);
  if (!read.ok) {
    tell(read.line, read.message);
    return undefined;
  }
  for (const { line, message } of read.notes) tell(line, message);
  const listeners = read.listeners.map((listener) => located(listener, dirname(fromNginx)));
  const { nodes, cookie } = read;
  return {
    nodes,
    cookie,
    base: read.base ?? DRAFT.base,
    listeners: listeners.length > 0 ? listeners : DRAFT.listeners,
    ...said,
  };
}

/** Exit code. `file` must not be there. */
export function writeDraft(file: string, draft: Draft, progress: Progress): number {
  const text = draftText(draft);
  const problems = problemsIn(text, dirname(file));
  if (problems.length > 0) {
    for (const problem of problems) progress.warn(problem);
    return INVALID;
  }
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    const { code, message } = describeError(error);
    if (code === 'EEXIST') return alreadyThere(file, progress);
    progress.warn(`${file}: cannot be written: ${code || message}`);
    return FAILED;
  }
  progress.say(`${file} is written, with ${draft.nodes.map(({ name }) => name).join(', ')}`);
  return DONE;
}

/** As `check` would find them, but for variables of the environment; each one line. */
function problemsIn(text: string, directory: string): readonly string[] {
  const { source, problems } = readYaml(text);
  if (source === undefined) return problems.map(({ message }) => message);
  const validation = validate(proxySchema, shapeOf(proxySchema), source.value);
  const faults = validation.ok ? readCertificates(validation.value, directory).faults : validation.faults;
  return faults.map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

/** NGINX's files are relative to its configuration. */
function located({ tls, ...listener }: DraftListener, directory: string): DraftListener {
  if (tls === undefined) return listener;
  return { ...listener, tls: { cert: resolve(directory, tls.cert), key: resolve(directory, tls.key) } };
}

function alreadyThere(file: string, progress: Progress): number {
  progress.warn(`${file} is there already, and stays as it is`);
  return FAILED;
}

function collectNode(text: string, before: readonly DraftNode[] = []): readonly DraftNode[] {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(0, equals));
  if (!nodeName.safeParse(name).success) throw new InvalidArgumentError('Expected NAME=URL.');
  return [...before, { name, url: text.slice(equals + 1) }];
}

function listenText(text: string): DraftListener {
  const address = parseAddress(text);
  if (address === undefined) throw new InvalidArgumentError('Expected an address such as 0.0.0.0:8700.');
  return address;
}
