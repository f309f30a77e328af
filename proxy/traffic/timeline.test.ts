/** Which finished exchanges the timeline hears of, and what they say of their sessions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestPlane } from '../testing/data-plane.ts';
import { ask } from '../testing/http-client.ts';
import { clusterFor } from '../testing/named-nodes.ts';

const SESSIONS = '/cobrowse/rest/live/sessions';

/** A node that creates a session under its own name, or under another's. */
const creating = (as?: string) => (name: string, target: string) =>
  target.endsWith('/sessions')
    ? { status: 200, body: `{"sessionToken":"123456789","sessionServerName":"${as ?? name}"}` }
    : undefined;

const heard = ({ timeline }: TestPlane) =>
  timeline.map(({ class: requestClass, created, token }) => [requestClass, created, token]);

describe('the timeline', () => {
  it('hears of every class but `any`, with the token that an answer created', async (t) => {
    const plane = await clusterFor(t, {}, creating());
    await ask(plane.port, { path: '/cobrowse/app.js' });
    await ask(plane.port, { method: 'POST', path: SESSIONS });
    await ask(plane.port, { path: `${SESSIONS}/123456789` });
    await plane.recorded((record) => record.class === 'session');
    assert.deepEqual(heard(plane), [
      ['create', '123456789', ''],
      ['session', '', '123456789'],
    ]);
    assert.equal(plane.records.length, 3);
  });

  it('takes no session from a node that calls itself by a name that is not its own', async (t) => {
    const plane = await clusterFor(t, {}, creating('somebody'));
    await ask(plane.port, { method: 'POST', path: SESSIONS });
    await plane.recorded();
    assert.deepEqual(heard(plane), [['create', '', '']]);
  });
});
