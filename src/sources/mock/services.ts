/** One service of the shop. */
export interface Service {
  readonly name: string;
  readonly namespace: string;
  readonly pods: number;
  /** Share of its requests that fail on an ordinary day. */
  readonly errorRate: number;
}

/** The nodes that pods run on. */
export const hosts = ['shop-node-1', 'shop-node-2', 'shop-node-3', 'shop-node-4'] as const;

/** The shop: twelve services with twenty pods in two namespaces. */
export const services = [
  { name: 'storefront', namespace: 'shop', pods: 3, errorRate: 0.005 },
  { name: 'catalog', namespace: 'shop', pods: 2, errorRate: 0.002 },
  { name: 'cart', namespace: 'shop', pods: 2, errorRate: 0.004 },
  { name: 'checkout', namespace: 'shop', pods: 2, errorRate: 0.01 },
  { name: 'orders', namespace: 'shop', pods: 2, errorRate: 0.006 },
  { name: 'pricing', namespace: 'shop', pods: 2, errorRate: 0.001 },
  { name: 'search', namespace: 'shop', pods: 1, errorRate: 0.008 },
  { name: 'reviews', namespace: 'shop', pods: 1, errorRate: 0.02 },
  { name: 'identity', namespace: 'platform', pods: 2, errorRate: 0.003 },
  { name: 'payments', namespace: 'platform', pods: 1, errorRate: 0.015 },
  { name: 'shipping', namespace: 'platform', pods: 1, errorRate: 0.012 },
  { name: 'notifications', namespace: 'platform', pods: 1, errorRate: 0.03 },
] as const satisfies readonly Service[];

export type ServiceName = (typeof services)[number]['name'];

/** Kubernetes' own alphabet for generated names. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** Letters that look random and depend on nothing but the number. */
function letters(number: number, length: number): string {
  let text = '';
  let state = (number + 1) * 48_271;
  for (let index = 0; index < length; index++) {
    state = (state * 48_271) % 2_147_483_647;
    text += LETTERS[state % LETTERS.length] ?? '';
  }
  return text;
}

/** One row per pod: its service, its number within the service, its name as a ReplicaSet gives it, and its node. */
export const pods = services.flatMap((service, serviceNumber) =>
  Array.from({ length: service.pods }, (_, ordinal) => ({
    service: service.name,
    namespace: service.namespace,
    ordinal,
    pod: `${service.name}-${letters(serviceNumber, 10)}-${letters(100 + serviceNumber * 10 + ordinal, 5)}`,
    host: hosts[(serviceNumber + ordinal) % hosts.length] ?? hosts[0],
  })),
);
