import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isServiceLink } from './service-links.ts';

test('what Kubernetes sets for a service is told from an option', () => {
  const cases: [string, string, boolean][] = [
    ['COBROWSE_PROXY_SERVICE_HOST', '10.0.0.1', true],
    ['COBROWSE_PROXY_SERVICE_PORT', '8700', true],
    ['COBROWSE_PROXY_SERVICE_PORT_HTTP', '8700', true],
    ['COBROWSE_PROXY_PORT', 'tcp://10.0.0.1:8700', true],
    ['COBROWSE_PROXY_PORT_8700_TCP', 'tcp://10.0.0.1:8700', true],
    ['COBROWSE_PROXY_PORT_8700_TCP_PROTO', 'tcp', true],
    ['COBROWSE_PROXY_PORT_8700_TCP_PORT', '8700', true],
    ['COBROWSE_PROXY_PORT_8700_TCP_ADDR', '10.0.0.1', true],
    ['COBROWSE_PROXY_ADMIN_PORT', 'tcp://10.0.0.1:9700', true],
    ['COBROWSE_PROXY_ADMIN_PORT', '9700', false],
    ['COBROWSE_PROXY_LISTENERS_0_PORT', '8700', false],
    ['COBROWSE_PROXY_HEALTH_PATH', 'tcp://x', false],
  ];
  for (const [variable, value, expected] of cases) assert.equal(isServiceLink(variable, value), expected, variable);
});
