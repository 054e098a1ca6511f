import { ownerOfPod, type Resource, toHost, toService } from './urn.ts';

/** What a telemetry row says about where it comes from. */
export interface Place {
  readonly service_name: string | null;
  readonly namespace: string | null;
  readonly pod: string | null;
  readonly host: string | null;
  readonly instance: string | null;
  readonly job: string | null;
  /** Metric name; null for logs and spans. */
  readonly metric: string | null;
}

/** One way to name the resource of a row; rules are tried in order and the first that applies wins. */
export interface ResourceRule {
  /** Where the name comes from: the service with its namespace, the owner of the pod, the host, the service alone, or the scrape job. */
  readonly from: 'namespaced_service' | 'pod' | 'host' | 'service' | 'job';
  /** The rule applies only to metrics whose name starts with one of these. */
  readonly metric_prefixes?: readonly string[];
}

/** A row that names nothing belongs to this service. */
export const UNKNOWN_SERVICE = 'unknown';

export const defaultResourceRules: readonly ResourceRule[] = [
  { from: 'namespaced_service' },
  { from: 'pod' },
  { from: 'host', metric_prefixes: ['node_', 'host_', 'system_', 'windows_'] },
  { from: 'service' },
  { from: 'job' },
  { from: 'host' },
];

/** The resource a row belongs to, by the first rule that applies; `urn:svc:unknown` when none does. */
export function resourceOf(place: Place, rules: readonly ResourceRule[] = defaultResourceRules): Resource {
  for (const rule of rules) {
    if (rule.metric_prefixes && !rule.metric_prefixes.some((prefix) => place.metric?.startsWith(prefix))) continue;
    const resource = applyRule(rule, place);
    if (resource) return resource;
  }
  return toService(UNKNOWN_SERVICE);
}

function applyRule(rule: ResourceRule, place: Place): Resource | undefined {
  const host = place.host ?? place.instance;
  switch (rule.from) {
    case 'namespaced_service':
      return place.service_name && place.namespace ? toService(place.service_name, place.namespace) : undefined;
    case 'pod':
      return !place.service_name && place.pod ? toService(ownerOfPod(place.pod), place.namespace) : undefined;
    case 'host':
      return host ? toHost(host) : undefined;
    case 'service':
      return place.service_name ? toService(place.service_name, place.namespace) : undefined;
    case 'job':
      return place.job ? toService(place.job) : undefined;
  }
}
