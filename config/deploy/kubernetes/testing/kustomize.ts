/**
 * What `kubectl kustomize` makes of a directory, as far as the overlays here go: anything else in a kustomization is an
 * error. So that tests need no kubectl; where there is one, a test compares the two.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

const resource = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
export type Resource = z.infer<typeof resource>;

const kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  namespace: z.string().optional(),
  resources: z.array(z.string()),
  images: z.array(z.strictObject({ name: z.string(), newName: z.string(), newTag: z.string() })).default([]),
  replicas: z.array(z.strictObject({ name: z.string(), count: z.int() })).default([]),
  configMapGenerator: z
    .array(
      z.strictObject({
        name: z.string(),
        behavior: z.literal('replace').optional(),
        files: z.array(z.string()),
        options: z.strictObject({ disableNameSuffixHash: z.literal(true) }).optional(),
      }),
    )
    .default([]),
  patches: z.array(z.strictObject({ path: z.string() })).default([]),
});

/** Names of generated ConfigMaps are without their hash. */
export function build(directory: string): readonly Resource[] {
  const { namespace, resources, images, replicas, configMapGenerator, patches } = kustomization.parse(
    parse(readFileSync(join(directory, 'kustomization.yaml'), 'utf8')),
  );
  let built = resources.flatMap((path) => {
    const at = join(directory, path);
    return statSync(at).isDirectory() ? build(at) : resourcesIn(at);
  });
  for (const { name, behavior, files } of configMapGenerator) {
    const data = Object.fromEntries(files.map((file) => [basename(file), readFileSync(join(directory, file), 'utf8')]));
    const made: Resource = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
    if (behavior === 'replace') built = replaced(built, made, () => made);
    else built.push(made);
  }
  for (const patch of patches.flatMap(({ path }) => resourcesIn(join(directory, path)))) {
    built = replaced(built, patch, (target) => resource.parse(merged(target, patch)));
  }
  for (const { name, count } of replicas) {
    const targets = built.filter(
      ({ kind, metadata }) => /^(?:Deployment|StatefulSet)$/.test(kind) && metadata.name === name,
    );
    if (targets.length !== 1) throw new Error(`replicas: nothing is named ${name}`);
    built = replaced(built, targets[0] as Resource, (target) =>
      resource.parse(merged(target, { spec: { replicas: count } })),
    );
  }
  for (const { name, newName, newTag } of images) {
    const text = JSON.stringify(built);
    if (!text.includes(`"image":"${name}"`)) throw new Error(`images: nothing has the image ${name}`);
    built = z.array(resource).parse(JSON.parse(text.replaceAll(`"image":"${name}"`, `"image":"${newName}:${newTag}"`)));
  }
  if (namespace === undefined) return built;
  return built.map((one) =>
    one.kind === 'Namespace'
      ? { ...one, metadata: { ...one.metadata, name: namespace } }
      : { ...one, metadata: { ...one.metadata, namespace } },
  );
}

function resourcesIn(file: string): Resource[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
    return resource.parse(document.toJS());
  });
}

function replaced(
  built: readonly Resource[],
  { kind, metadata }: Resource,
  by: (target: Resource) => Resource,
): Resource[] {
  let hits = 0;
  const after = built.map((one) => {
    if (one.kind !== kind || one.metadata.name !== metadata.name) return one;
    hits++;
    return by(one);
  });
  if (hits !== 1) throw new Error(`${kind} ${metadata.name} is to be patched: expected one, found ${hits}`);
  return after;
}

/** By what Kubernetes tells entries of its lists apart: those of others are replaced as a whole. */
const LIST_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
};

/** A strategic merge: objects are merged, null takes a field away, what the patch says first comes first. */
function merged(target: unknown, patch: unknown, field = '', kind = ''): unknown {
  if (Array.isArray(patch) && Array.isArray(target)) {
    const key = field === 'ports' ? portKey(kind) : LIST_KEYS[field];
    return key === undefined ? patch : mergedLists(target, patch, key, kind);
  }
  if (!isObject(patch) || !isObject(target)) return patch;
  const of = typeof target.kind === 'string' ? target.kind : kind;
  const result: Record<string, unknown> = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value, name, of);
  }
  return result;
}

function portKey(kind: string): string | undefined {
  if (kind === 'Service') return 'port';
  return kind === 'NetworkPolicy' ? undefined : 'containerPort';
}

function mergedLists(target: readonly unknown[], patch: readonly unknown[], key: string, kind: string): unknown[] {
  const keyOf = (entry: unknown): unknown => (isObject(entry) ? entry[key] : undefined);
  const added = patch.filter((entry) => !target.some((old) => keyOf(old) === keyOf(entry)));
  const kept = target.map((old) => {
    const change = patch.find((entry) => keyOf(entry) === keyOf(old));
    return change === undefined ? old : merged(old, change, '', kind);
  });
  return [...added, ...kept];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
