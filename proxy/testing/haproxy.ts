/**
 * A private HAProxy for a test: a child process on free loopback ports, gone with the test. Without the binary tests
 * skip with a reason; with `REQUIRE_SERVICES=1` they run, and fail.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePorts } from '../../config/testing/free-ports.ts';
import { RawClient } from './raw-client.ts';
import { until } from './until.ts';

// Debian keeps it where the PATH of an ordinary user does not lead.
const env = { ...process.env, PATH: [process.env.PATH, '/usr/sbin'].join(delimiter) };

/** For the `skip` option of tests. */
export const HAPROXY_SKIP: string | false =
  process.env.REQUIRE_SERVICES === '1' || spawnSync('haproxy', ['-v'], { env }).status === 0
    ? false
    : 'haproxy is not installed';

/**
 * Passes TCP connections on, one port for each of `servers`: its address and options in HAProxy's words. Resolves to
 * the ports when all accept.
 */
export async function startHaproxy(t: TestContext, servers: readonly string[]): Promise<readonly number[]> {
  const ports = await freePorts(servers.length);
  const directory = await mkdtemp(join(tmpdir(), 'haproxy-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'haproxy.cfg');
  const sections = servers.map(
    (server, index) => `listen l${index}\n bind 127.0.0.1:${ports[index]}\n server s ${server}\n`,
  );
  const timeouts = 'timeout connect 60s\n timeout client 60s\n timeout server 60s\n';
  await writeFile(file, `defaults\n mode tcp\n ${timeouts}${sections.join('')}`);
  const child = spawn('haproxy', ['-db', '-f', file], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const ended = exited.then(() => Promise.reject(new Error(`haproxy ended: ${said}`)));
  ended.catch(() => {});
  const accepts = (port: number): Promise<boolean> =>
    RawClient.open(port).then(
      (client) => {
        client.close();
        return true;
      },
      () => false,
    );
  for (const port of ports) await Promise.race([until(() => accepts(port), Boolean), ended]);
  return ports;
}
