/** The manifests by Kubernetes' own schemas, and in agreement with each other and with the programs that they run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { IServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IStatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IService } from 'kubernetes-models/v1/Service';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../load.ts';
import { nodeSchema } from '../../node-schema.ts';
import { proxySchema } from '../../proxy-schema.ts';
import { compiled } from '../../testing/compiled.ts';
import { build, type Resource } from './testing/kustomize.ts';
import { problemsOf } from './testing/schemas.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CERTIFICATES = new URL('../../../node/testing/test-only-certificates/', import.meta.url);
/** Whoever deploys makes them; the README says how. */
const SECRETS = ['cobrowse-admin', 'cobrowse-tls', 'cobrowse-store'];

const directory = mkdtempSync(join(tmpdir(), 'cobrowse-kubernetes-'));
after(() => rmSync(directory, { recursive: true }));

/** Debian's is of 2020, and its kustomize does not know all that is said here. */
const kubectl = spawnSync('kubectl', ['version', '--client', '--output=json'], { encoding: 'utf8' });
const skipKubectl = !/"kustomizeVersion": "v[5-9]/.test(kubectl.stdout ?? '') && 'needs kubectl with kustomize 5';

/** Configurations that a program has taken. */
const checked = new Set<string>();

type Workload = IDeployment | IStatefulSet;

class Cluster {
  readonly resources: readonly Resource[];

  constructor(overlay: string) {
    this.resources = build(join(HERE, overlay));
  }

  /** What the schemas have approved of. */
  all<T>(kind: string): readonly T[] {
    return this.resources.filter((resource) => resource.kind === kind) as readonly unknown[] as readonly T[];
  }

  one<T extends { readonly metadata?: { readonly name?: string } }>(kind: string, name: string): T {
    const found = this.all<T>(kind).find(({ metadata }) => metadata?.name === name);
    assert.ok(found, `${kind} ${name}`);
    return found;
  }

  get workloads(): readonly Workload[] {
    return [...this.all<Workload>('Deployment'), ...this.all<Workload>('StatefulSet')];
  }

  /** Those whose pods have these labels; at least one. */
  selected(labels: Readonly<Record<string, string>> | undefined): readonly Workload[] {
    assert.ok(labels && Object.keys(labels).length > 0);
    const found = this.workloads.filter(({ spec }) => carries(spec?.template.metadata?.labels, labels));
    assert.ok(found.length > 0, JSON.stringify(labels));
    return found;
  }

  /** The text of a file in a ConfigMap, with what Secrets have in a directory of this machine. */
  file(configMap: string, name: string): string {
    const text = this.one<IConfigMap>('ConfigMap', configMap).data?.[name];
    assert.ok(text !== undefined, name);
    const path = join(directory, name);
    writeFileSync(path, text.replaceAll(/\/etc\/cobrowse-(?:tls|admin)/g, directory));
    return path;
  }
}

function carries(labels: object | undefined, wanted: Readonly<Record<string, string>>): boolean {
  const has = new Map(Object.entries(labels ?? {}));
  return Object.entries(wanted).every(([name, value]) => has.get(name) === value);
}

function containersOf({ spec }: Workload) {
  return spec?.template.spec?.containers ?? [];
}

function portsOf(workload: Workload) {
  return containersOf(workload).flatMap(({ ports = [] }) => ports);
}

const hasPort = (workload: Workload, port: number | string | undefined): boolean =>
  portsOf(workload).some(({ name, containerPort }) => port === name || port === containerPort);

for (const overlay of ['base', 'overlays/trial', 'overlays/production']) {
  const cluster = new Cluster(overlay);

  test(`${overlay}: every resource is valid, with no unknown field`, () => {
    for (const resource of cluster.resources) {
      assert.deepEqual(problemsOf(resource), [], `${resource.kind} ${resource.metadata.name}`);
    }
  });

  test(`${overlay}: labels, ports, volumes and names that are referred to exist`, () => {
    for (const workload of cluster.workloads) {
      const { template, selector } = workload.spec ?? {};
      assert.ok(carries(template?.metadata?.labels, selector?.matchLabels ?? { none: '' }));
      const volumes = template?.spec?.volumes ?? [];
      for (const { configMap, secret } of volumes) {
        if (configMap) cluster.one<IConfigMap>('ConfigMap', configMap.name ?? '');
        if (secret) assert.ok(SECRETS.includes(secret.secretName ?? ''), secret.secretName);
      }
      for (const { volumeMounts = [], env = [], ...container } of containersOf(workload)) {
        assert.deepEqual(volumeMounts.map(({ name }) => name).toSorted(), volumes.map(({ name }) => name).toSorted());
        for (const { valueFrom } of env) {
          if (valueFrom?.secretKeyRef) assert.ok(SECRETS.includes(valueFrom.secretKeyRef.name ?? ''));
        }
        for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
          if (probe) assert.ok(hasPort(workload, probe.httpGet?.port ?? probe.tcpSocket?.port));
        }
      }
    }
    for (const { spec } of cluster.all<IService>('Service')) {
      for (const workload of cluster.selected(spec?.selector)) {
        for (const { targetPort } of spec?.ports ?? []) assert.ok(hasPort(workload, targetPort), String(targetPort));
      }
    }
    for (const { spec } of cluster.all<IPodDisruptionBudget>('PodDisruptionBudget')) {
      cluster.selected(spec?.selector?.matchLabels);
    }
    for (const { spec } of cluster.all<INetworkPolicy>('NetworkPolicy')) {
      const [workload] = cluster.selected(spec?.podSelector?.matchLabels);
      assert.ok(workload);
      const open = spec?.ingress?.flatMap(({ ports = [] }) => ports.map(({ port }) => port)) ?? [];
      for (const port of open) assert.ok(hasPort(workload, port), String(port));
      assert.equal(open.length, portsOf(workload).length, 'every port of the pod is open to somebody');
      for (const { to = [], ports = [] } of spec?.egress ?? []) {
        for (const { podSelector } of to) {
          for (const target of cluster.selected(podSelector?.matchLabels)) assert.ok(hasPort(target, ports[0]?.port));
        }
      }
    }
    for (const workload of cluster.workloads) {
      const labels = workload.spec?.template.metadata?.labels;
      const about = ({ spec }: INetworkPolicy | IPodDisruptionBudget): boolean =>
        carries(
          labels,
          (spec && ('podSelector' in spec ? spec.podSelector : spec.selector))?.matchLabels ?? { no: '' },
        );
      const policies = cluster.all<INetworkPolicy>('NetworkPolicy').filter(about);
      assert.deepEqual(
        policies.map(({ spec }) => spec?.policyTypes),
        [['Ingress', 'Egress']],
        'all else is denied',
      );
      assert.equal(cluster.all<IPodDisruptionBudget>('PodDisruptionBudget').filter(about).length, 1);
      const spread = workload.spec?.template.spec?.topologySpreadConstraints ?? [];
      assert.deepEqual(
        spread.map(({ topologyKey }) => topologyKey),
        ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'],
      );
      for (const { labelSelector } of spread) assert.ok(carries(labels, labelSelector?.matchLabels ?? { no: '' }));
    }
    for (const { spec } of cluster.all<IServiceMonitor>('ServiceMonitor')) {
      const services = cluster
        .all<IService>('Service')
        .filter(({ metadata }) => carries(metadata?.labels, spec?.selector?.matchLabels ?? { none: '' }));
      assert.equal(services.length, 1);
      const [{ port } = {}] = spec?.endpoints ?? [];
      assert.ok(services[0]?.spec?.ports?.some(({ name }) => name === port));
    }
    for (const { spec } of cluster.all<IHorizontalPodAutoscaler>('HorizontalPodAutoscaler')) {
      const target = cluster.one<IDeployment>(spec?.scaleTargetRef.kind ?? '', spec?.scaleTargetRef.name ?? '');
      assert.equal(target.spec?.replicas, undefined, 'an apply would undo what the autoscaler did');
    }
  });

  test(`${overlay}: pods are of the restricted profile, with a file system that they cannot write to`, () => {
    for (const workload of cluster.workloads) {
      const { securityContext, automountServiceAccountToken, enableServiceLinks } = workload.spec?.template.spec ?? {};
      assert.equal(automountServiceAccountToken, false);
      assert.equal(enableServiceLinks, false);
      assert.equal(securityContext?.runAsNonRoot, true);
      assert.ok(Number(securityContext?.runAsUser) > 0);
      assert.equal(securityContext?.seccompProfile?.type, 'RuntimeDefault');
      for (const container of containersOf(workload)) {
        assert.deepEqual(container.securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        assert.ok(container.resources?.requests?.cpu && container.resources.requests.memory);
        assert.ok(container.resources.limits?.memory);
      }
    }
    for (const { metadata } of cluster.all<Resource>('Namespace')) {
      assert.deepEqual(metadata.labels, { 'pod-security.kubernetes.io/enforce': 'restricted' });
    }
  });

  test(`${overlay}: pods are asked for what says that they live, and nodes drain before they go`, () => {
    const asked = (workload: Workload) =>
      containersOf(workload).map(({ startupProbe, readinessProbe, livenessProbe }) =>
        [startupProbe, readinessProbe, livenessProbe].map((probe) => probe?.httpGet && Object.values(probe.httpGet)),
      );
    assert.deepEqual(asked(cluster.one<IDeployment>('Deployment', 'cobrowse-proxy')), [
      [
        ['/ready', 'admin'],
        ['/live', 'admin'],
        ['/live', 'admin'],
      ],
    ]);
    const nodes = cluster.one<IStatefulSet>('StatefulSet', 'cobrowse-node');
    assert.deepEqual(asked(nodes), [[undefined, ['/cobrowse/health', 'http'], ['/metrics', 'metrics']]]);
    const [{ command = [], lifecycle } = {}] = containersOf(nodes);
    // The hook is told the node's pid, and its configuration.
    assert.deepEqual(lifecycle?.preStop?.exec?.command?.slice(2), ['1', command.at(-1)]);
  });

  test(`${overlay}: both programs take their configuration, and it is that of the manifests`, () => {
    for (const token of ['token', 'read-token']) writeFileSync(join(directory, token), token.padEnd(32, 'x'));
    copyFileSync(new URL('server.crt', CERTIFICATES), join(directory, 'tls.crt'));
    copyFileSync(new URL('server.key', CERTIFICATES), join(directory, 'tls.key'));
    const files = {
      proxy: cluster.file('cobrowse-proxy', 'proxy.yaml'),
      node: cluster.file('cobrowse-node', 'node.yaml'),
    };
    for (const [program, file] of Object.entries(files)) {
      const text = readFileSync(file, 'utf8');
      if (checked.has(text)) continue;
      checked.add(text);
      const cli = compiled(new URL(`../../../${program}/cli.ts`, import.meta.url));
      const { status, stderr } = spawnSync(process.execPath, [cli, 'check', '--config', file], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      assert.equal(stderr, '');
    }
    const loaded = loadConfig(proxySchema, { file: files.proxy, environment: {}, prefix: 'COBROWSE_PROXY_' });
    const nodeLoaded = loadConfig(nodeSchema, { file: files.node, environment: {}, prefix: 'COBROWSE_NODE_' });
    assert.ok(loaded.ok && nodeLoaded.ok);
    const { config } = loaded;
    const nodeConfig = nodeLoaded.config;
    const deployment = cluster.one<IDeployment>('Deployment', 'cobrowse-proxy');
    const nodes = cluster.one<IStatefulSet>('StatefulSet', 'cobrowse-node');

    const listening = [...config.listeners, config.admin];
    assert.deepEqual(
      portsOf(deployment)
        .map(({ containerPort }) => containerPort)
        .toSorted(),
      listening.map(({ port }) => port).toSorted(),
    );
    assert.ok(listening.every(({ host }) => host === '0.0.0.0'));
    const pod = deployment.spec?.template.spec;
    assert.ok(
      Number(pod?.terminationGracePeriodSeconds) * 1000 > config.timeouts.shutdownDelay + config.timeouts.shutdown,
    );

    assert.deepEqual(
      portsOf(nodes).map(({ containerPort }) => containerPort),
      [nodeConfig.port, nodeConfig.metrics.port],
    );
    assert.deepEqual([nodeConfig.host, nodeConfig.metrics.host], ['0.0.0.0', '0.0.0.0']);
    assert.ok(nodeConfig.allowedOrigins.exact.includes(config.affinity.lookup.origin));
    assert.ok(Number(nodes.spec?.template.spec?.terminationGracePeriodSeconds) * 1000 > nodeConfig.drain.deadline);
    const { serviceName = '' } = nodes.spec ?? {};
    const { spec: headless } = cluster.one<IService>('Service', serviceName);
    assert.equal(headless?.clusterIP, 'None');
    assert.equal(headless?.publishNotReadyAddresses, true, 'who drains is found');
    const [source, second] = config.discovery.dns;
    assert.ok(source && !second && config.nodes.length === 0);
    const port = headless.ports?.find(({ name }) => `_${name}._tcp.${serviceName}` === source.name);
    assert.deepEqual([source.type, port?.port, config.base], ['SRV', nodeConfig.port, nodeConfig.base]);
    assert.equal(port?.targetPort, portsOf(nodes).find(({ containerPort }) => containerPort === port?.port)?.name);
    // The first label of a pod's name in DNS is the name of the pod, and so has to be that of its node.
    assert.deepEqual([source.nodeName, source.servers], [undefined, undefined]);
    const named = containersOf(nodes)[0]?.env?.find(({ name }) => name === 'COBROWSE_NODE_NAME');
    assert.equal(named?.valueFrom?.fieldRef?.fieldPath, 'metadata.name');
    const [container] = containersOf(nodes);
    assert.equal(container?.readinessProbe?.httpGet?.path, `${nodeConfig.base}/health`);
    const [, hook = ''] = container?.lifecycle?.preStop?.exec?.command ?? [];
    compiled(new URL(`../../../${hook.replace(/^dist\//, '').replace(/\.js$/, '.ts')}`, import.meta.url));
  });

  test(`${overlay}: kubectl builds the same`, { skip: skipKubectl }, () => {
    const { stdout, stderr } = spawnSync('kubectl', ['kustomize', join(HERE, overlay)], { encoding: 'utf8' });
    const byKubectl = parseAllDocuments(stdout.replaceAll(/\bcobrowse-node-[a-z0-9]{10}\b/g, 'cobrowse-node'));
    const named = (resources: readonly Resource[]) =>
      Object.fromEntries(resources.map((resource) => [`${resource.kind} ${resource.metadata.name}`, resource]));
    assert.deepEqual(named(cluster.resources), named(byKubectl.map((document) => document.toJS() as Resource)), stderr);
  });
}

test('the autoscaler goes by a metric of the proxy that the adapter is told of', () => {
  const [autoscaler] = new Cluster('overlays/production').all<IHorizontalPodAutoscaler>('HorizontalPodAutoscaler');
  const metric = autoscaler?.spec?.metrics?.find(({ type }) => type === 'Pods')?.pods?.metric.name ?? '';
  const { rules } = parse(readFileSync(join(HERE, 'metrics-adapter-rules.yaml'), 'utf8')) as {
    rules: readonly { readonly seriesQuery: string }[];
  };
  assert.deepEqual(
    rules.map(({ seriesQuery }) => seriesQuery.replace(/\{.*/, '')),
    [metric],
  );
  const documented = readFileSync(join(HERE, '../../../proxy/observe/METRICS.md'), 'utf8');
  assert.ok(documented.includes(`\n| \`${metric.replace(/^cobrowse_proxy_/, '')}\` |`), metric);
});

test('the rules are made a resource of the Prometheus operator', () => {
  const [, command = ''] =
    /^```sh kubectl\n(\{ printf.*?) \| kubectl .*?\n```$/ms.exec(readFileSync(join(HERE, 'README.md'), 'utf8')) ?? [];
  const { stdout, status } = spawnSync('sh', ['-euc', command], { cwd: join(HERE, '../../..'), encoding: 'utf8' });
  assert.equal(status, 0);
  const made = parse(stdout) as Resource & { readonly spec: object };
  assert.equal(made.kind, 'PrometheusRule');
  assert.deepEqual(problemsOf(made), []);
  assert.deepEqual(made.spec, parse(readFileSync(join(HERE, '../prometheus/rules.yaml'), 'utf8')));
});
