/** The options of nodes, and of how the proxy finds out how they are. */
import { z } from 'zod';
import { certWithKey, fastIntervalWithinInterval, nodesOfTheirOwn, tlsWithoutHttps } from './proxy-contradictions.ts';
import { duration, hostName, nodeName, nodeUrl, path, pemFile, serverUrl } from './scalars.ts';
import { formatDuration, HOUR, MINUTE } from './values.ts';

/** There is no way not to verify what nodes show. */
export const nodeTls = z
  .strictObject({
    ca: pemFile
      .optional()
      .describe(
        "CAs, one of which the node's certificate must lead to; absent: those that Node.js trusts, `NODE_EXTRA_CA_CERTS` among them",
      ),
    serverName: hostName
      .optional()
      .describe('the name that is asked for and has to be proved; absent: the host of the url'),
    cert: pemFile.optional().describe('shown to nodes that ask for a certificate; with `key`'),
    key: pemFile.optional().describe('its key'),
  })
  .superRefine(certWithKey);

const node = z
  .strictObject({
    name: nodeName.describe('what the stickiness cookie says, to bind to this node'),
    url: nodeUrl.describe('where the proxy reaches it, with the path of its web application; `https` for TLS'),
    serverUrl: serverUrl
      .optional()
      .describe("the node's own public URL: requests to it go to this node whatever their cookie says"),
    weight: z.int().min(1).max(256).default(1).describe('share of new sessions and unbound requests'),
    maxConnections: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('connections that all workers together open to it; absent: as many as it takes'),
    tls: nodeTls.optional().describe('for this node; what it does not say is as `nodeTls` says it'),
  })
  .superRefine(tlsWithoutHttps);

/** Of a file with nodes as well. */
export const nodesSchema = z.array(node).max(1024).superRefine(nodesOfTheirOwn);

const DEFAULT_FAST_INTERVAL = 500;
export const health = z
  .strictObject({
    path: path('/health').prefault('/health').describe("below the node's base"),
    interval: duration(50, HOUR).prefault('2s').describe('between two polls of a node'),
    fastInterval: duration(20, HOUR)
      .optional()
      .describe('while a node is in transition, or all are down; by default at most `health.interval`')
      .meta({ preset: formatDuration(DEFAULT_FAST_INTERVAL) }),
    timeout: duration(20, MINUTE).prefault('1s').describe('of one poll, from connecting to the last byte'),
    rise: z.int().min(1).max(100).default(2).describe('successes in a row that admit a node; one while all are down'),
    fall: z.int().min(1).max(100).default(3).describe('failures in a row that eject it'),
    slowStart: duration(0, HOUR)
      .prefault('10s')
      .describe('until a node that has come up gets its whole share; `0ms`: at once'),
    outliers: z
      .strictObject({
        errors: z
          .int()
          .min(0)
          .max(1000)
          .default(5)
          .describe('failures in a row, on all workers, after which it gets nothing new; 0: never'),
        ejection: duration(100, HOUR)
          .prefault('10s')
          .describe('for how long the first time; the n-th time in a row n times as long, up to ten times'),
        hung: duration(0, MINUTE)
          .prefault('1500ms')
          .describe('how long it may owe answers and give none before it has to answer a look-up too; `0ms`: for ever'),
      })
      .prefault({})
      .describe('what traffic shows of a node whose health path is well'),
  })
  .superRefine(fastIntervalWithinInterval)
  .transform(({ fastInterval, ...rest }) => ({
    ...rest,
    fastInterval: fastInterval ?? Math.min(DEFAULT_FAST_INTERVAL, rest.interval),
  }));
