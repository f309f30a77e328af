/** Where clients come in, and operators: the options of listeners. */
import { z } from 'zod';
import { oneSourceOfTokens, redirectWithoutTls } from './proxy-contradictions.ts';
import { PUBLIC_PATHS } from './public-paths.ts';
import { duration, fileName, host, matching, pemFile, secretTokens } from './scalars.ts';
import { DAY } from './values.ts';

/** Sockets are opened at the start of a worker. */
const ROLLS_WORKERS = { reload: 'workers' };

const port = (preset: number) => z.int().min(0).max(65_535).default(preset);

const tls = z
  .strictObject({
    certificates: z
      .array(
        z.strictObject({
          cert: pemFile.describe('the certificate, and those between it and its CA'),
          key: pemFile.describe('its key'),
        }),
      )
      .min(1)
      .max(256)
      .describe('by the names in them, exact or `*.`; the first serves all other names'),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('the oldest version that clients may speak'),
    clientCa: pemFile.optional().describe('CAs: only clients with a certificate of theirs get in'),
    hsts: duration(0, 730 * DAY)
      .optional()
      .describe(
        'for how long browsers are to come with TLS only: `Strict-Transport-Security` on answers of nodes that do not say it themselves',
      ),
  })
  .describe('with it the listener speaks TLS, and nothing else');

const METHODS = z
  .array(matching('a method such as GET', /^[A-Z][A-Z-]{0,31}$/))
  .min(1)
  .max(32);
const pathRule = z.strictObject({
  path: matching(
    'a path below the base such as /rest/live/sessions/{id} or /cometd/**',
    /^(?=\/)(?!.*\.(?:\/|$))(?:\/(?:[A-Za-z0-9._~-]+|\{id\}))*(?:\/\*\*)?$/,
  ).describe('as in `routes`, and `/**`'),
  methods: METHODS.optional().describe('GET stands for HEAD as well; absent: any'),
});

export const listener = z
  .strictObject({
    host: host.default('127.0.0.1').describe('where clients come in').meta(ROLLS_WORKERS),
    port: port(8700).describe('0: any free one').meta(ROLLS_WORKERS),
    audience: z
      .enum(['internal', 'public'])
      .default('internal')
      .describe('`public`: what live sessions need is served, and nothing internal, no history either'),
    allow: z
      .array(pathRule)
      .min(1)
      .max(256)
      .optional()
      .describe('all that is served, in place of what the audience says'),
    deny: z.array(pathRule).max(256).default([]).describe('not served even so, in whatever letter case'),
    tls: tls.optional(),
    redirectToHttps: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('without TLS, every request is answered with 308 and its URL as https with this port'),
    http2: z
      .boolean()
      .optional()
      .describe(
        'HTTP/2 beside HTTP/1.1; absent: with TLS only. Without TLS a client has to know that it may (prior knowledge)',
      ),
    proxyProtocol: z
      .boolean()
      .default(false)
      .describe('each connection begins with a PROXY header, version 1 or 2, by one of `forwarding.trustedProxies`'),
    maxConnections: z
      .int()
      .min(1)
      .max(10_000_000)
      .optional()
      .describe(
        "clients' connections that all workers together keep open here, more are reset; absent: as many as `limits.connections` allows",
      ),
  })
  .superRefine(redirectWithoutTls)
  .transform(({ allow, ...rest }) => ({
    ...rest,
    allow: allow ?? (rest.audience === 'public' ? PUBLIC_PATHS : undefined),
  }));

export const admin = z
  .strictObject({
    host: host
      .default('127.0.0.1')
      .describe('keep it off public networks: it speaks plain HTTP')
      .meta({ reload: 'moves' }),
    port: port(9700).describe('one that no listener has').meta({ reload: 'moves' }),
    token: secretTokens
      .default('')
      .describe('for orders and all else; several, separated by blanks or lines, while it is changed'),
    tokenFile: fileName.default('').describe('a file with it in its place, read at each request'),
    readToken: secretTokens
      .default('')
      .describe('for whoever only looks; without any token, and on a loopback address alone, none is asked for'),
    readTokenFile: fileName.default('').describe('a file with it in its place, read at each request'),
  })
  .superRefine(oneSourceOfTokens);
