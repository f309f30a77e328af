import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CONTENDERS, cobrowseProxy } from '../contenders.ts';
import { Lineup } from '../harness/lineup.ts';
import { chooseGenerator, requestsAnswered } from '../harness/load.ts';
import { proveTls } from '../harness/prove-tls.ts';
import { runScenario } from '../harness/rounds.ts';
import { Site } from '../harness/site.ts';
import type { Target } from '../harness/target.ts';
import { generate } from '../load/generate.ts';
import { SCENARIOS } from './all.ts';
import { boundRequests } from './requests.ts';
import { tlsAnswers1Mb, tlsHandshakes, tlsResumptions, tlsSmallAnswers } from './tls.ts';

describe('over TLS', () => {
  let site: Site;
  let lineup: Lineup;
  let target: Target;

  before(async () => {
    site = await Site.open();
    const some = CONTENDERS.filter(({ name }) => name === 'cobrowse-proxy' || name === 'http-proxy');
    lineup = new Lineup(some, true, site);
    const [ours, ...others] = await lineup.entrants({ tls: true });
    assert.ok(ours);
    assert.deepEqual(others, []);
    target = ours.running.target;
  });

  after(async () => {
    await lineup?.stop();
    await site?.close();
  });

  test('each scenario is proved and gives a sample', async () => {
    const means = { generator: chooseGenerator(site, 'node'), place: site, connections: 2, idle: 2, seconds: 0.2 };
    for (const scenario of [tlsHandshakes, tlsResumptions, tlsSmallAnswers, tlsAnswers1Mb]) {
      const entrants = await lineup.entrants(scenario);
      const { series } = await runScenario(scenario, entrants, { means, rounds: 1, say: () => {} });
      assert.deepEqual(
        series.map(({ contender }) => contender),
        [cobrowseProxy.name],
      );
      assert.ok(series.every(({ samples }) => samples.every(({ rate = 0 }) => rate > 0)));
    }
  });

  test('the certificate of another run is not taken', async () => {
    const other = await Site.open();
    try {
      await assert.rejects(proveTls({ ...target, ca: other.certificateForAll().ca }), /cobrowse-proxy: TLS: /);
    } finally {
      await other.close();
    }
  });

  test('what fails is counted', async () => {
    const load = { port: target.port, requests: boundRequests(), connections: 1, seconds: 0.2 };
    // In clear where TLS is expected, and the other way round.
    assert.equal((await generate(load)).requests, 0);
    const inClear = { ...load, port: site.nodes[0]?.port ?? 0, tls: 'full' as const };
    await assert.rejects(requestsAnswered(inClear, site.pinning), /failed/);
  });
});

test('scenarios with TLS are those that say so', () => {
  for (const { name, tls } of SCENARIOS) assert.equal(tls ?? false, name.startsWith('tls-'));
});
