import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cobrowseProxy } from '../contenders.ts';
import { Lineup } from '../harness/lineup.ts';
import { Site } from '../harness/site.ts';
import { accessLog } from './access-log.ts';

test('the line of a request is found in the log of this proxy', async (t) => {
  const site = await Site.open();
  t.after(() => site.close());
  const lineup = new Lineup([cobrowseProxy], false, site);
  t.after(() => lineup.stop());
  const [ours] = await lineup.entrants(accessLog);
  assert.ok(ours);
  await accessLog.prove(ours.running.target);
});
