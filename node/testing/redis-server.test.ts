import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** What tests that need Redis are told to do on a machine without it. */
function skipWithoutRedis(environment: NodeJS.ProcessEnv): unknown {
  const module = new URL('redis-server.ts', import.meta.url).href;
  const program = `import(${JSON.stringify(module)}).then(({ REDIS_SKIP }) => console.log(JSON.stringify(REDIS_SKIP)))`;
  const loader = import.meta.resolve('tsx');
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', loader, '--eval', program], {
    env: { ...process.env, PATH: '', ...environment },
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

test('without redis-server its tests are skipped with a reason, unless services are required', () => {
  assert.equal(skipWithoutRedis({ REQUIRE_SERVICES: undefined }), 'redis-server is not installed');
  assert.equal(skipWithoutRedis({ REQUIRE_SERVICES: '1' }), false);
});
