import assert from 'node:assert/strict';
import { test } from 'node:test';
import { welcomeText } from './welcome.ts';

const metrics = { host: '127.0.0.1', port: 9701 };

test('addresses are written as they can be called', () => {
  const text = welcomeText({
    listener: { host: '0.0.0.0', port: 80 },
    admin: { host: '::', port: 81 },
    base: '',
    proxyPid: 7,
    nodes: [{ name: 'long-name', url: 'http://[::1]:1', note: 'public as http://n', pid: 8, metrics }],
  });
  const lines = text.split('\n');
  assert.ok(lines.includes('  proxy      http://127.0.0.1:80  pid 7'), text);
  assert.ok(lines.includes('  admin      http://[::1]:81             dashboard; /status /metrics /live /ready'), text);
  assert.ok(lines.includes('  long-name  http://[::1]:1       pid 8  public as http://n'), text);
  assert.ok(lines.includes('  http://127.0.0.1:80/demo/customer'), text);
  assert.ok(lines.includes('  http://127.0.0.1:80/demo/agent'), text);
  assert.ok(lines.includes('  curl -i http://127.0.0.1:80/health'), text);
  assert.ok(lines.includes('  curl -s http://127.0.0.1:9701/metrics # long-name'), text);
  assert.ok(lines.includes('  kill -9 8'), text);
});
