/** The benchmark's parts do what they say. Outcomes only: nothing here depends on how fast the machine is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { proxySchema } from '../config/proxy-schema.ts';
import { freePort } from '../config/testing/free-ports.ts';
import { ANSWER_BYTES, BASE } from './backend-facts.ts';
import { readRequest } from './backend-request.ts';
import { CONTENDERS } from './contenders.ts';
import { UsageError } from './harness/arguments.ts';
import { direct, type Ports, type Running, start } from './harness/contender.ts';
import { cpuMicros, familyOf, parseStat } from './harness/cpu.ts';
import { Entrant, Lineup } from './harness/lineup.ts';
import { chooseGenerator, hold, messagesExchanged, transferred } from './harness/load.ts';
import { proveRouting } from './harness/prove.ts';
import { proveDownload, proveUpload } from './harness/prove-bulk.ts';
import { proveTunnel } from './harness/prove-tunnel.ts';
import { renderScenario } from './harness/report.ts';
import { runScenario } from './harness/rounds.ts';
import { haveCpus, type Place, parseCpuList, proxyCpus, Site } from './harness/site.ts';
import { pairedRatios, spreadOf } from './harness/statistics.ts';
import { renderSummary } from './harness/summary.ts';
import { readAnswer } from './load/answer.ts';
import { generate } from './load/generate.ts';
import { offer } from './load/offer.ts';
import { readOptions } from './options.ts';
import { latency } from './scenarios/latency.ts';
import { newConnections } from './scenarios/new-connections.ts';
import { boundHeads, boundRequests } from './scenarios/requests.ts';
import { smallAnswers } from './scenarios/small-answers.ts';
import { smallPosts } from './scenarios/small-posts.ts';
import { UPGRADES } from './scenarios/websocket.ts';
import { workers } from './scenarios/workers.ts';

describe('cpu', () => {
  test('a stat line is read from its last bracket on', () => {
    const line = '42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 1 0 500 600 700';
    assert.deepEqual(parseStat(line), { pid: 42, parent: 7, ticks: 127 });
  });

  test('a family is the root, its children and theirs', () => {
    const stat = (pid: number, parent: number) => ({ pid, parent, ticks: 0 });
    const family = familyOf(2, [stat(1, 0), stat(2, 1), stat(3, 2), stat(4, 3), stat(5, 1)]);
    assert.deepEqual(
      family.map(({ pid }) => pid),
      [2, 3, 4],
    );
  });

  test('this process has used some, a process that is not there none', { skip: process.platform !== 'linux' }, () => {
    assert.ok((cpuMicros(process.pid) ?? 0) > 0);
    assert.equal(cpuMicros(-1), 0);
  });

  test("the kernel's list of CPUs", () => {
    assert.deepEqual(parseCpuList('0-2,5'), [0, 1, 2, 5]);
  });

  test('workers have a CPU each where there are enough beside that of the load, else they share one', () => {
    const pinning = { proxy: 0, load: 1, more: [2] };
    assert.deepEqual(
      [1, 2, 3].map((count) => haveCpus(pinning, count)),
      [true, true, false],
    );
    assert.deepEqual(
      [1, 2, 3].map((count) => proxyCpus({ pinning, workers: count })),
      ['0', '0,2', '0'],
    );
    assert.equal(proxyCpus({ pinning: { proxy: undefined, load: undefined }, workers: 2 }), undefined);
  });
});

describe('statistics', () => {
  test('median and spread', () => {
    assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
    assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
    assert.equal(spreadOf([]), undefined);
  });

  test('ratios are taken round by round, gaps left out', () => {
    assert.deepEqual(pairedRatios([2, 30, undefined], [1, 10, 5]), { median: 2.5, min: 2, max: 3 });
    assert.equal(pairedRatios([1], []), undefined);
  });

  test('a table holds medians, spread and ratios to the references that took part', () => {
    const sample = (cpu: number | undefined) => ({ cpu, rate: 100, p50: 10, p99: 20 });
    const series = [
      { contender: 'ours', samples: [sample(30), sample(20)] },
      { contender: 'nginx', samples: [sample(20), sample(20)] },
      { contender: 'direct', samples: [sample(undefined), sample(undefined)] },
    ];
    const metrics = [{ key: 'cpu', title: 'CPU, ms per GB', digits: 1 }];
    const text = renderScenario({ scenario: 's', summary: 'what', metrics, series }, ['nginx', 'haproxy']);
    assert.match(text, /^CPU, ms per GB /m);
    assert.match(text, /^ours +25\.0 \(20\.0–30\.0\) +1\.25 \(1\.00–1\.50\)$/m);
    assert.match(text, /^nginx +20\.0 \(20\.0–20\.0\) +1$/m);
    assert.match(text, /^direct +– +–$/m);
    assert.doesNotMatch(text, /haproxy/);
  });

  test('several workers are compared with one of the same contender; what is absolute with nothing', () => {
    const samples = (rate: number) => [{ rate, share: 50 }];
    const series = [
      { contender: 'ours', samples: samples(10) },
      { contender: 'ours × 2', single: 'ours', samples: samples(19) },
      { contender: 'nginx', samples: samples(20) },
    ];
    const metrics = [
      { key: 'rate', title: 'rate', digits: 0 },
      { key: 'share', title: 'share, %', digits: 0, absolute: true as const },
    ];
    const result = { scenario: 's', summary: 'what', caveat: 'too few CPUs', metrics, series };
    const text = renderScenario(result, ['nginx']);
    assert.match(text, /^s: what\n\n! too few CPUs\n\n/);
    assert.match(text, /^rate +median \(min–max\) +× one worker +× nginx$/m);
    assert.match(text, /^ours × 2 +19 \(19–19\) +1\.90 \(1\.90–1\.90\) +0\.95 \(0\.95–0\.95\)$/m);
    assert.match(text, /^nginx +20 \(20–20\) +– +1$/m);
    assert.match(text, /^share, % +median \(min–max\)$/m);
  });

  test('of a metric that counts over a contender, what is added is shown and compared', () => {
    const series = Object.entries({ ours: [30, 31], nginx: [20, 21], lucky: [9, 9], direct: [10, 11] }).map(
      ([contender, values]) => ({ contender, samples: values.map((p50) => ({ p50 })) }),
    );
    const metrics = [{ key: 'p50', title: 'p50, µs', digits: 0, over: 'direct' }];
    const result = { scenario: 's', summary: 'what', metrics, series };
    const text = renderScenario(result, ['nginx', 'lucky']);
    assert.match(text, /^p50, µs +median \(min–max\) +over direct +× nginx +× lucky$/m);
    assert.match(text, /^ours +31 \(30–31\) +20 \(20–20\) +2\.00 \(2\.00–2\.00\) +–$/m);
    assert.match(text, /^direct +11 \(10–11\) +– +– +–$/m);
    assert.equal(
      renderSummary([result], 'ours', ['nginx', 'haproxy']),
      '| scenario | figure | ours | × nginx |\n| --- | --- | --- | --- |\n' +
        '| s | p50, µs, over direct | 20 (20–20) | 2.00 (2.00–2.00) |',
    );
    assert.equal(renderSummary([result], 'absent', ['nginx']), undefined);
    const alone = { ...result, series: series.slice(0, 2) };
    assert.match(renderScenario(alone, ['nginx']), /^ours +31 \(30–31\) +1\.49 \(1\.48–1\.50\)$/m);
  });
});

describe('framing', () => {
  test('a request ends after its body, in pieces and pipelined', () => {
    const chunked = 'POST /e HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n';
    const sized = 'POST /e HTTP/1.1\r\nContent-Length: 5\r\nConnection: close\r\n\r\nabcde';
    for (const [text, close] of [
      [chunked, false],
      [sized, true],
    ] as const) {
      for (let length = 0; length < text.length; length++) {
        assert.equal(readRequest(Buffer.from(text.slice(0, length))), undefined);
      }
      const request = readRequest(Buffer.from(`${text}GET / HTTP/1.1\r\n\r\n`));
      assert.deepEqual([request?.body.toString(), request?.close, request?.end], ['abcde', close, text.length]);
    }
  });

  test('an answer ends after its body', () => {
    for (const text of [
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ]) {
      assert.equal(readAnswer(Buffer.from(text.slice(0, -1))), undefined);
      assert.deepEqual(readAnswer(Buffer.from(text)), { status: 200, close: false, end: text.length });
    }
    assert.throws(() => readAnswer(Buffer.from('HTTP/1.1 200 OK\r\n\r\n')), /without Content-Length/);
  });
});

describe('options', () => {
  test('defaults, choices and nonsense', () => {
    const options = readOptions(['--rounds', '2', '--scenarios', 'small-answers', '--only', 'nginx,direct']);
    assert.equal(options?.rounds, 2);
    assert.equal(options?.connections, 64);
    assert.deepEqual(options?.scenarios, [smallAnswers]);
    assert.deepEqual(options?.only, ['nginx', 'direct']);
    assert.equal(readOptions(['--idle', '50'])?.idle, 50);
    assert.equal(readOptions(['--help']), undefined);
    for (const args of [['--rounds', '0'], ['--only', 'apache'], ['--scenarios', 'x'], ['--what']]) {
      assert.throws(() => readOptions(args), UsageError);
    }
  });
});

describe('against nodes and http-proxy', () => {
  let site: Site;
  let peer: Running;

  before(async () => {
    site = await Site.open();
    const httpProxy = CONTENDERS.find(({ name }) => name === 'http-proxy');
    assert.ok(httpProxy);
    peer = await start(httpProxy, site);
  });

  after(async () => {
    await peer?.stop();
    await site?.close();
  });

  test('the configuration written for this proxy is one that it takes', () => {
    const ours = CONTENDERS.find(({ name }) => name === 'cobrowse-proxy');
    const command = ours?.prepare(site, { traffic: 40_000, admin: 40_001 }).command ?? [];
    const config = proxySchema.parse(parse(readFileSync(command.at(-1) ?? '', 'utf8')));
    assert.equal(config.workers, 1);
    assert.deepEqual(
      config.nodes.map(({ name, url }) => ({ name, port: url.port })),
      site.nodes,
    );
  });

  test('both are proved right', async () => {
    await newConnections.prove(peer.target);
    await newConnections.prove(direct(site).target);
  });

  test('a node alone is not sticky, and the proof says so', async () => {
    await assert.rejects(proveRouting({ ...direct(site).target, routes: true }), /direct: node for the cookie of/);
  });

  test('a wrong answer is named with what was expected', async () => {
    const wrong = createServer((_, response) => response.end('{"node":"CB_Server_1"}'));
    await new Promise<void>((listening) => wrong.listen(0, '127.0.0.1', listening));
    const target = { name: 'wrong', port: (wrong.address() as AddressInfo).port, routes: true };
    await assert.rejects(proveRouting(target), /wrong: content type: expected "application\/json"/);
    wrong.closeAllConnections();
    wrong.close();
  });

  for (const header of ['', 'Connection: close\r\n']) {
    test(`the own generator gets answers without a failure (${header.trim() || 'keep-alive'})`, async () => {
      for (const { port } of [peer.target, direct(site).target]) {
        const load = { port, requests: boundRequests(header), connections: 4, seconds: 0.2 };
        const { requests, failures, p50, p99 } = await generate(load);
        assert.equal(failures, 0);
        assert.ok(requests > 0 && p50 > 0 && p99 >= p50);
      }
    });
  }

  test('the own generator counts refusals and unhappy answers as failures', async () => {
    const unused = await freePort();
    const missing = [`GET ${BASE}/no-such-thing HTTP/1.1\r\nHost: a\r\n\r\n`];
    for (const port of [peer.target.port, unused]) {
      const { requests, failures } = await generate({ port, requests: missing, connections: 1, seconds: 0.1 });
      assert.equal(requests, 0);
      assert.ok(failures > 0);
    }
  });

  test('an open loop gives every request its time, also where they have to wait for a connection', async () => {
    for (const connections of [1, 8]) {
      const { port } = peer.target;
      const load = { port, requests: boundRequests(), connections, seconds: 0.2, perSecond: 1_000 };
      const { requests, failures, p50, p99, p999, max } = await offer(load);
      // The first and the last are due when the time begins and ends.
      assert.deepEqual([requests, failures], [201, 0]);
      assert.ok(p50 > 0 && p99 >= p50 && p999 >= p99 && max >= p999);
    }
  });

  test('an open loop counts refusals and unhappy answers as failures', async () => {
    const unused = await freePort();
    const missing = [`GET ${BASE}/no-such-thing HTTP/1.1\r\nHost: a\r\n\r\n`];
    for (const port of [peer.target.port, unused]) {
      const { requests, failures } = await offer({
        port,
        requests: missing,
        connections: 2,
        seconds: 0.1,
        perSecond: 100,
      });
      assert.equal(requests, 0);
      assert.ok(failures > 0);
    }
  });

  test('latency is measured at half of what the first contender answers, without NGINX', async () => {
    const generator = { name: 'fixed', run: async () => ({ requests: 400, seconds: 2, p50: 1, p99: 1 }) };
    const means = { generator, place: site, connections: 2, idle: 2, seconds: 0.2 };
    const entrants = await Promise.all([peer, direct(site)].map((running) => Entrant.enter(async () => running)));
    const result = await runScenario(latency, entrants, { means, rounds: 1, say: () => {} });
    assert.match(result.summary, /, 100 a second \(half of what http-proxy answers/);
    assert.ok(result.series.every(({ samples }) => samples.every(({ p999 = 0 }) => p999 > 0)));
  });

  test('a load generator of its own process answers as the function does', async () => {
    const load = { port: direct(site).target.port, requests: boundRequests(), connections: 2, seconds: 0.2 };
    assert.ok((await chooseGenerator(site, 'node').run(load)).requests > 0);
    const missing = { ...load, requests: [`GET ${BASE}/no-such-thing HTTP/1.1\r\nHost: a\r\n\r\n`] };
    await assert.rejects(chooseGenerator(site, 'node').run(missing), /requests failed/);
  });

  test('bodies of any size, both ways', async () => {
    await smallPosts.prove(peer.target);
    for (const { target } of [peer, direct(site)]) {
      await proveDownload(target, 1_000_001);
      await proveUpload(target, 1_000_001);
      const load = { port: target.port, connections: 2, seconds: 0.1 };
      const heads = boundHeads('GET', '/bulk/1000001');
      assert.ok((await transferred({ ...load, heads, upload: 0 }, site.pinning)).transfers >= 2);
      const posts = boundHeads('POST', '/sink', 'Content-Length: 1000001\r\n');
      assert.ok((await transferred({ ...load, heads: posts, upload: 1_000_001 }, site.pinning)).transfers >= 2);
    }
    const missing = boundHeads('GET', '/no-such-thing');
    const load = { port: peer.target.port, heads: missing, upload: 0, connections: 1, seconds: 0.1 };
    await assert.rejects(transferred(load, site.pinning), /1 connections failed/);
  });

  test('messages through tunnels', async () => {
    for (const { target } of [peer, direct(site)]) {
      for (const payload of [100, 64 * 1024]) {
        await proveTunnel(target, payload);
        const load = { port: target.port, heads: UPGRADES, payload, connections: 2, seconds: 0.2 };
        assert.ok((await messagesExchanged(load, site.pinning)).requests > 0);
      }
    }
    const refused = { port: peer.target.port, heads: boundRequests(), payload: 1, connections: 1, seconds: 0.1 };
    await assert.rejects(messagesExchanged(refused, site.pinning), /1 of 0 messages failed/);
  });

  test('connections are held until their process ends, which one that is disturbed ends', async () => {
    const load = { port: peer.target.port, requests: UPGRADES, tunnels: true, connections: 5, together: 2 };
    const child = await hold(load, site.pinning);
    await child.stop();
    const answered = { ...load, requests: boundRequests(), tunnels: false };
    await assert.rejects(async () => {
      const disturbed = await hold(answered, site.pinning);
      throw disturbed.failure(await disturbed.exited);
    }, /exit 1.*\nbytes on connection/s);
  });

  test('a scenario gives a sample for each contender and round', async () => {
    const generator = { name: 'in this process', run: generate };
    const means = { generator, place: site, connections: 2, idle: 2, seconds: 0.2 };
    const entrants = await Promise.all([peer, direct(site)].map((running) => Entrant.enter(async () => running)));
    const result = await runScenario(smallAnswers, entrants, { means, rounds: 2, say: () => {} });
    assert.deepEqual(
      result.series.map(({ contender, samples }) => [contender, samples.length]),
      [
        ['http-proxy', 2],
        ['direct', 2],
      ],
    );
    assert.ok(result.summary.includes(String(ANSWER_BYTES)));
    assert.ok(result.series.every(({ samples }) => samples.every(({ rate = 0 }) => rate > 0)));
  });

  test('two workers take part beside one, and the connections of each are counted', async (t) => {
    const ours = CONTENDERS.filter(({ name }) => name === 'cobrowse-proxy' || name === 'http-proxy');
    const lineup = new Lineup(ours, false, site);
    t.after(() => lineup.stop());
    const entrants = await lineup.entrants(workers);
    assert.deepEqual(
      entrants.map(({ running }) => [running.target.name, running.target.single]),
      [
        ['cobrowse-proxy', undefined],
        ['cobrowse-proxy × 2', 'cobrowse-proxy'],
      ],
    );
    const generator = { name: 'in this process', run: generate };
    const means = { generator, place: site, connections: 4, idle: 2, seconds: 0.4 };
    const { series } = await runScenario(workers, entrants, { means, rounds: 1, say: () => {} });
    const shares = series.map(({ samples: [sample] }) => sample?.each256);
    assert.equal(shares[0], undefined);
    if (process.platform === 'linux') assert.ok((shares[1] ?? 0) >= 50);
  });

  test('a contender that ends before it is ready is reported with what it wrote', async () => {
    const broken = {
      name: 'broken',
      missing: () => undefined,
      prepare: () => ({ command: [process.execPath, '-e', 'console.error("no such luck"); process.exit(3)'] }),
    };
    await assert.rejects(start(broken, site), /exit 3 before it was ready\nno such luck/);
  });

  test('a contender whose port somebody else has taken meanwhile is started on others', async (t) => {
    const [first] = site.nodes;
    const tried: number[] = [];
    const unlucky = {
      name: 'unlucky',
      prepare: (_: Place, { traffic }: Ports) => {
        tried.push(traffic);
        const port = tried.length === 1 ? first?.port : traffic;
        const program = `require('node:http').createServer((_, answer) => answer.end()).listen(${port}, '127.0.0.1')`;
        return { command: [process.execPath, '-e', program] };
      },
    };
    const running = await start(unlucky, site);
    t.after(() => running.stop());
    assert.equal(tried.length, 2);
    assert.equal(running.target.port, tried[1]);
  });
});
