/** What anything may take, of room and of time. */
import { z } from 'zod';
import { targetWithinHead } from './proxy-contradictions.ts';
import { duration, size } from './scalars.ts';
import { DAY, formatSize, GIB, HOUR, KIB, MIB, MINUTE } from './values.ts';

const DEFAULT_TARGET = 8 * KIB;
export const limits = z
  .strictObject({
    head: size(KIB, MIB)
      .prefault('16KiB')
      .describe(
        "request line and header lines; the same for a node's answer, and for all its interim answers together",
      ),
    headers: z.int().min(8).max(10_000).default(100).describe("header lines, of a request and of a node's answer"),
    target: size(64, MIB)
      .optional()
      .describe('the request target; by default at most `limits.head`')
      .meta({ preset: formatSize(DEFAULT_TARGET) }),
    body: size(0, 1024 * GIB)
      .prefault('1GiB')
      .describe('of one request'),
    connections: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(100_000)
      .describe("clients' connections that all workers together keep open; more are reset"),
    perAddress: z
      .strictObject({
        connections: z
          .int()
          .min(0)
          .max(10_000_000)
          .default(0)
          .describe('open at once, over all workers; 0: any number'),
        requestsPerSecond: z.int().min(0).max(1_000_000).default(0).describe('over all workers; 0: any number'),
        burst: z.int().min(1).max(1_000_000).default(100).describe('requests that may come at once after a quiet time'),
      })
      .prefault({})
      .describe('of one client: an IPv4 address, or an IPv6 network of 64 bits'),
    handshakes: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1000)
      .describe('TLS handshakes in progress in each worker; more connections are reset'),
    streams: z.int().min(1).max(10_000).default(100).describe('requests at once on one connection of HTTP/2'),
  })
  .superRefine(targetWithinHead)
  .transform(({ target, ...rest }) => ({ ...rest, target: target ?? Math.min(DEFAULT_TARGET, rest.head) }));

export const timeouts = z.strictObject({
  handshake: duration(50, HOUR)
    .prefault('10s')
    .describe('from a connection to its PROXY header, and then to the end of its TLS handshake'),
  head: duration(50, HOUR).prefault('10s').describe("from the first byte of a request's head to its last"),
  idle: duration(50, DAY).prefault('75s').describe("a client's connection between two requests"),
  body: duration(50, HOUR).prefault('60s').describe('between two pieces of a request body'),
  connect: duration(20, MINUTE).prefault('2s').describe('to open a connection to a node, its TLS handshake included'),
  answer: duration(50, DAY)
    .prefault('5m')
    .describe('from the end of a request to the head of its answer: longer than any long poll'),
  stall: duration(50, DAY)
    .prefault('10m')
    .describe('between two pieces of an answer, and for a client that does not read it'),
  tunnel: duration(50, 7 * DAY)
    .prefault('2h')
    .describe('a tunnel without a byte either way'),
  nodeIdle: duration(50, DAY)
    .prefault('30s')
    .describe("an unused connection to a node; shorter than the nodes' own idle timeout"),
  retire: duration(0, 7 * DAY)
    .prefault('2h')
    .describe('how long workers that a reload replaced may go on with the tunnels they have'),
  shutdownDelay: duration(0, HOUR)
    .prefault('0ms')
    .describe('after SIGTERM: how long connections are accepted still, while `/ready` says 503'),
  shutdown: duration(0, DAY).prefault('30s').describe('from then to the end, whatever is still in flight'),
});
