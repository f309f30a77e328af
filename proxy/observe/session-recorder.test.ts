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
  return {
    aliases,
    trails,
    seen,
    write: (record: Partial<ExchangeRecord>) => sessions.write(exchange(record)),
    opened: (record: Partial<ExchangeRecord>) => sessions.opened(exchange(record)),
  };
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

const REFERENCE = '0123456789abcdef01234567';

test('the live channel is found under the session that its cookies name, and seen where it is', () => {
  const { trails, seen, write, opened } = recorder();
  const tunnel = { class: 'live', reference: REFERENCE, status: 101, tunnel: true } as const;
  opened({ ...tunnel, durationMs: -1 });
  assert.equal(trails.of(REFERENCE)?.events[0]?.termination, 'open');
  write({ ...tunnel, termination: 'tunnel-closed' });
  write({ class: 'live', reference: REFERENCE });
  write({ class: 'live', reference: REFERENCE });
  assert.deepEqual(
    trails.of(REFERENCE)?.events.map(({ termination, exchanges }) => [termination, exchanges]),
    [
      ['tunnel-closed', 1],
      ['completed', 2],
    ],
  );
  // Once when it opened, once for the run of polls.
  assert.deepEqual(
    seen.map(({ session, namedBy }) => [session, namedBy]),
    [
      [REFERENCE, 'cookie'],
      [REFERENCE, 'cookie'],
    ],
  );
});

test('a stop is found under its user and under its session; a token outweighs what cookies say', () => {
  const { aliases, trails, write } = recorder();
  write({ class: 'user', token: '987654321', reference: REFERENCE });
  assert.equal(trails.of(aliases.of('987654321'))?.events[0]?.namedBy, 'token');
  assert.equal(trails.of(REFERENCE)?.events[0]?.namedBy, 'cookie');
  write({ class: 'live', token: '123456789', reference: REFERENCE });
  assert.equal(trails.of(aliases.of('123456789'))?.events.length, 1);
  assert.equal(trails.of(REFERENCE)?.events.length, 1);
});
