/** Kubernetes' own schemas, and the Prometheus operator's: what is wrong with a resource, unknown fields included. */
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Service } from 'kubernetes-models/v1/Service';
import type { Resource } from './kustomize.ts';

const MODELS = [
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  PrometheusRule,
  Service,
  ServiceMonitor,
  StatefulSet,
];
/** One line for each problem. */
export function problemsOf(resource: Resource): readonly string[] {
  const { apiVersion, kind } = resource;
  const Model = MODELS.find((model) => model.apiVersion === apiVersion && model.kind === kind);
  if (Model === undefined) return [`there is no ${kind} in ${apiVersion}`];
  const reading = new Reading();
  try {
    // A model that is constructed has a copy, and has read it all.
    Model.prototype.validate.call(reading.of(resource));
  } catch (error) {
    return [String(error)];
  }
  return [...reading.unread].map((path) => `${path}: unknown field`);
}

/**
 * The schemas let unknown fields pass, as the API server does with no more than a warning. But they never look at them.
 */
class Reading {
  /** Paths of the fields that nobody has read. */
  readonly unread = new Set<string>();
  /** What was handed out for an object. */
  readonly #views = new Map<object, object>();

  of<T extends object>(value: T, path = ''): T {
    for (const key of Object.keys(value)) this.unread.add(`${path}${key}`);
    return new Proxy(value, {
      get: (target, key, receiver) => {
        const at = `${path}${String(key)}`;
        this.unread.delete(at);
        const inner: unknown = Reflect.get(target, key, receiver);
        return typeof inner === 'object' && inner !== null ? this.#view(inner, `${at}.`) : inner;
      },
    });
  }

  #view(inner: object, path: string): object {
    const view = this.#views.get(inner) ?? this.of(inner, path);
    this.#views.set(inner, view);
    return view;
  }
}
