/** Which node a request belongs to: the options of routes and affinity. */
import { z } from 'zod';
import { crossSiteIsSecure, oneKeySource } from './proxy-contradictions.ts';
import { REQUEST_CLASSES } from './request-classes.ts';
import { cookiePath, duration, fileName, hostName, matching, origin, secretKey, token } from './scalars.ts';
import { DAY, HOUR, MINUTE } from './values.ts';

export const route = z.strictObject({
  class: z.enum(REQUEST_CLASSES).exclude(['any']).describe('what its requests are'),
  method: matching('a method such as GET', /^[A-Z]{1,32}$/)
    .optional()
    .describe('absent: any'),
  path: matching(
    'a path below the base such as /rest/live/sessions/{id} or /cometd/**',
    /^(?!.*\/\.{1,2}(?:\/|$))(?:\/(?:[A-Za-z0-9._~-]+|\{id\}))+(?:\/\*\*)?$/,
  ).describe('`{id}`: one segment; `/**` at the end: everything below'),
});

const attributes = z
  .strictObject({
    secure: z.boolean().default(false).describe('over TLS only'),
    httpOnly: z.boolean().default(false).describe('not for scripts'),
    sameSite: z.enum(['None', 'Lax', 'Strict']).optional().describe('`None`, with `secure`, for pages in other sites'),
    partitioned: z
      .boolean()
      .default(false)
      .describe('of its own in each site that shows the page in an iframe (CHIPS)'),
    path: cookiePath.optional().describe('in place of the path that the node says'),
    domain: hostName.optional().describe('in place of the domain that the node says'),
  })
  .superRefine(crossSiteIsSecure)
  .describe('forced on the stickiness cookie that nodes set; what is not said here is left to them');

const signature = z
  .strictObject({
    keys: z.array(secretKey).max(16).default([]).describe('the first signs, all verify; none: no signature'),
    keyFile: fileName.default('').describe('a file with them in their place, one a line'),
    unsigned: z
      .enum(['accept', 'ignore'])
      .default('accept')
      .describe("what a cookie without is worth, such as one that an agent's desktop writes by itself"),
  })
  .superRefine(oneKeySource)
  .describe('of the stickiness cookie');

export const affinity = z.strictObject({
  cookie: token('a cookie name')
    .default('gcbSessionServer')
    .describe('the stickiness cookie; its companion has this name and `Instance`'),
  attributes: attributes.prefault({}),
  signature: signature.prefault({}),
  reconnectGrace: duration(0, HOUR)
    .prefault('15s')
    .describe('how long a bound node may be away before its sessions count as lost'),
  directory: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe('sessions and user tokens remembered with their node, in each worker'),
  lookup: z
    .strictObject({
      origin: origin.default('http://127.0.0.1:8700').describe('sent as Origin; the nodes must allow it'),
      timeout: duration(10, MINUTE).prefault('1s').describe('of one look-up'),
      hitTtl: duration(0, DAY).prefault('10m').describe('how long an owner that was found is remembered'),
      missTtl: duration(0, HOUR).prefault('2s').describe('how long it is remembered that there is none'),
      perSecond: z
        .int()
        .min(1)
        .max(100_000)
        .default(100)
        .describe('look-ups started in one second, in each worker; what is over is balanced'),
    })
    .prefault({})
    .describe('asking the nodes whose session it is'),
});
