/** Files from a fixed list: a path that is not on it does not exist, so no path can lead out of it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AnswerHeaders, refuse, withHeaders, writeAnswer } from '../answers.ts';
import { discardBody } from '../body.ts';
import { corsHeaders } from '../cors.ts';
import type { HttpResource } from '../http.ts';
import type { AllowedOrigins } from '../origins.ts';
import { pathOf } from '../request-path.ts';

export interface StaticFile {
  /** Where it is on this machine. */
  readonly file: string;
  readonly contentType: string;
  /** Besides those that all files have, or in their place. */
  readonly headers?: AnswerHeaders;
}

/** Path below the base, such as `/js/cometd/cometd.js`, to the file. */
export type Catalogue = ReadonlyMap<string, StaticFile>;

interface Content {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** Files change with the version of the node only, but then their paths stay: so browsers ask again now and then. */
const CACHE_CONTROL = 'public, max-age=300';
const METHODS = ['GET', 'HEAD'];

export class StaticFiles implements HttpResource {
  readonly #base: string;
  readonly #catalogue: Catalogue;
  readonly #allowedOrigins: AllowedOrigins;
  /** Each file is read once. */
  readonly #contents = new Map<string, Promise<Content>>();

  constructor(base: string, catalogue: Catalogue, allowedOrigins: AllowedOrigins) {
    this.#base = base;
    this.#catalogue = catalogue;
    this.#allowedOrigins = allowedOrigins;
  }

  owns(target: string): boolean {
    return this.#find(target) !== undefined;
  }

  /** Rejects when the file cannot be read. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if ((await discardBody(request)) === 'aborted') return;
    const cors = corsHeaders(request.headers, 'everyone', this.#allowedOrigins);
    const found = this.#find(request.url ?? '');
    if (found === undefined || !METHODS.includes(request.method ?? '')) {
      const refusal = refuse(found === undefined ? 'not_found' : 'method_not_allowed', { Allow: METHODS.join(', ') });
      writeAnswer(response, withHeaders(refusal, cors));
      response.end();
      return;
    }
    await this.#send(found, request, response, cors);
  }

  async #send(
    { file, contentType, headers: own }: StaticFile,
    request: IncomingMessage,
    response: ServerResponse,
    cors: AnswerHeaders,
  ): Promise<void> {
    const { bytes, etag } = await this.#content(file);
    const common = { ETag: etag, 'Cache-Control': CACHE_CONTROL, 'X-Content-Type-Options': 'nosniff' };
    const headers = { ...cors, ...common, ...own };
    if (isFresh(request.headers['if-none-match'], etag)) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Type': contentType, 'Content-Length': bytes.length });
    // `node:http` leaves the body out for HEAD.
    response.end(bytes);
  }

  #find(target: string): StaticFile | undefined {
    const path = pathOf(target);
    return path.startsWith(`${this.#base}/`) ? this.#catalogue.get(path.slice(this.#base.length)) : undefined;
  }

  #content(file: string): Promise<Content> {
    const known = this.#contents.get(file);
    if (known !== undefined) return known;
    const content = readFile(file).then((bytes) => ({
      bytes,
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    }));
    this.#contents.set(file, content);
    content.catch(() => this.#contents.delete(file));
    return content;
  }
}

/** RFC 9110 §13.1.2: a list of entity tags, compared weakly, or `*`. */
function isFresh(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
