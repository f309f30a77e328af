import assert from 'node:assert/strict';
import test from 'node:test';
import type { ExchangeRecord } from './record.ts';
import { newAliasKey, SessionAliases } from './session-alias.ts';
import { SessionRecorder } from './session-recorder.ts';
import { SessionTrails } from './session-trail.ts';
import type { Sighting } from './sighting.ts';
import { exchange } from './testing/exchange.ts';

function recorder() {
  const aliases = new SessionAliases(newAliasKey());
  const trails = new SessionTrails();
  const seen: Sighting[] = [];
  const parts = { aliases, trails, sightings: { add: (sighting: Sighting) => seen.push(sighting) } };
  const sessions = new SessionRecorder(parts);
  return { aliases, trails, seen, write: (record: Partial<ExchangeRecord>) => sessions.write(exchange(record)) };
}

test('a creation and a search for the same session meet under one alias, and no token is kept', () => {
  const { aliases, trails, seen, write } = recorder();
  write({ class: 'create', created: '123456789' });
  write({ class: 'session', token: '123456789', by: 'session', verdict: 'bound' });
  const alias = aliases.of('123456789');
  assert.deepEqual(
    trails.of(alias)?.events.map((event) => event.class),
    ['create', 'session'],
  );
  assert.deepEqual(
    seen.map(({ session, class: requestClass }) => [session, requestClass]),
    [
      [alias, 'create'],
      [alias, 'session'],
    ],
  );
});

test('what names no session is passed by', () => {
  const { aliases, trails, seen, write } = recorder();
  write({ class: 'any' });
  write({ class: 'live', tunnel: true, status: 101 });
  write({ class: 'create', status: 500 });
  assert.equal(trails.of(aliases.of('')), undefined);
  assert.deepEqual(seen, []);
});
