import { type ServiceName, services } from './services.ts';

/** What one span of a call template looks like; times are µs at the ordinary pace, counted from the start of the trace. */
export interface SpanTemplate {
  readonly trace: number;
  readonly span: number;
  readonly parent: number | null;
  readonly service: ServiceName;
  readonly kind: number;
  readonly operation: string;
  readonly start: number;
  readonly duration: number;
  readonly leaf: boolean;
  /** The span whose luck decides whether this one fails: both halves of a call fail together. */
  readonly fault: number;
  readonly faultService: ServiceName;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A piece of work: what one service does by itself, and what it asks others to do, one after another. */
interface Work {
  readonly kind: number;
  readonly operation: string;
  readonly service?: ServiceName;
  readonly selfMs: number;
  /** How long the work waits after its caller began it: queues and networks. */
  readonly lagMs: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly parts: readonly Work[];
  /** Whether the caller goes on without waiting for the end. */
  readonly detached: boolean;
}

const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

function work(kind: number, operation: string, selfMs: number, attributes: Record<string, string> = {}, parts: Work[] = []): Work {
  return { kind, operation, selfMs, attributes, parts, lagMs: 0.3, detached: false };
}

const internal = (operation: string, selfMs: number, parts: Work[] = []): Work => work(INTERNAL, operation, selfMs, {}, parts);

function postgres(database: string, statement: string, selfMs: number): Work {
  const [verb = ''] = statement.split(' ', 1);
  return work(CLIENT, `${verb} ${database}`, selfMs, {
    db_system: 'postgresql',
    db_name: database,
    db_statement: statement,
    server_address: `${database}-db.platform.svc`,
  });
}

const redis = (command: string, selfMs = 0.6): Work =>
  work(CLIENT, command, selfMs, { db_system: 'redis', db_name: '0', db_statement: `${command} ?`, net_peer_name: 'redis.platform.svc' });

const external = (host: string, route: string, selfMs: number): Work =>
  work(CLIENT, route.split(' ', 1)[0] ?? '', selfMs, {
    http_method: route.split(' ')[0] ?? '',
    url_full: `https://${host}${route.split(' ')[1] ?? ''}`,
    server_address: host,
  });

function handle(service: ServiceName, operation: string, selfMs: number, attributes: Record<string, string>, parts: Work[]): Work {
  return { ...work(SERVER, operation, selfMs, attributes, parts), service };
}

function page(route: string, selfMs: number, parts: Work[]): Work {
  return handle('storefront', route, selfMs, { http_method: route.split(' ')[0] ?? '', http_route: route.split(' ')[1] ?? '' }, parts);
}

function http(service: ServiceName, route: string, selfMs: number, parts: Work[]): Work {
  const [http_method = '', http_route = ''] = route.split(' ');
  const attributes = { http_method, http_url: `http://${service}.svc:8080${http_route}`, net_peer_name: `${service}.svc` };
  return work(CLIENT, http_method, 0.8, attributes, [handle(service, route, selfMs, { http_method, http_route }, parts)]);
}

function grpc(service: ServiceName, method: string, selfMs: number, parts: Work[]): Work {
  const [rpc_service = '', rpc_method = ''] = method.split('/');
  const attributes = { rpc_system: 'grpc', rpc_service, rpc_method };
  return work(CLIENT, method, 0.5, { ...attributes, server_address: `${service}.svc` }, [
    handle(service, method, selfMs, attributes, parts),
  ]);
}

const kafka = (topic: string) => ({ messaging_system: 'kafka', messaging_destination_name: topic, server_address: 'kafka.platform.svc' });

function consume(service: ServiceName, topic: string, lagMs: number, selfMs: number, parts: Work[]): Work {
  const attributes = { ...kafka(topic), messaging_operation: 'process' };
  return { ...work(CONSUMER, `${topic} process`, selfMs, attributes, parts), service, lagMs, detached: true };
}

const publish = (topic: string, consumers: Work[]): Work =>
  work(PRODUCER, `${topic} publish`, 1.5, { ...kafka(topic), messaging_operation: 'publish' }, consumers);

const viewProduct = page('GET /products/{id}', 6, [
  grpc('catalog', 'shop.Catalog/GetProduct', 2, [redis('GET'), postgres('catalog', 'SELECT * FROM product WHERE id = ?', 4)]),
  grpc('pricing', 'shop.Pricing/Quote', 1.5, [redis('MGET')]),
  http('reviews', 'GET /reviews', 3, [
    postgres('reviews', 'SELECT * FROM review WHERE product_id = ?', 9),
    internal('rank reviews', 5, [internal('score', 2)]),
  ]),
  internal('render page', 7),
]);

const searchProducts = page('GET /search', 5, [
  http('search', 'GET /query', 6, [
    internal('tokenize', 1),
    postgres('search', 'SELECT id FROM document WHERE terms @@ ?', 22),
    grpc('catalog', 'shop.Catalog/ListProducts', 3, [postgres('catalog', 'SELECT * FROM product WHERE id = ANY(?)', 8)]),
  ]),
  grpc('pricing', 'shop.Pricing/Quote', 2, [redis('MGET')]),
  internal('render page', 6),
]);

const login = page('POST /login', 4, [
  http('identity', 'POST /sessions', 5, [
    postgres('identity', 'SELECT * FROM account WHERE email = ?', 3),
    internal('verify password', 60),
    redis('SETEX'),
  ]),
  grpc('cart', 'shop.Cart/Merge', 2, [redis('HGETALL')]),
  internal('set cookie', 0.4),
]);

const placeOrder = page('POST /checkout', 5, [
  http('checkout', 'POST /orders', 9, [
    grpc('identity', 'platform.Identity/Verify', 1, []),
    grpc('cart', 'shop.Cart/Get', 1.2, [redis('HGETALL')]),
    grpc('pricing', 'shop.Pricing/Quote', 3, [redis('MGET')]),
    internal('reserve stock', 4),
    http('payments', 'POST /charges', 6, [
      internal('assess risk', 12),
      external('api.cardpay.example', 'POST /v1/charges', 140),
      postgres('payments', 'INSERT INTO charge VALUES (?)', 4),
    ]),
    grpc('orders', 'shop.Orders/Create', 4, [
      postgres('orders', 'INSERT INTO customer_order VALUES (?)', 5),
      postgres('orders', 'INSERT INTO order_line VALUES (?)', 3),
      publish('orders.created', [
        consume('notifications', 'orders.created', 90, 8, [external('api.mailer.example', 'POST /send', 75), redis('INCR')]),
      ]),
    ]),
  ]),
]);

/** Consumes what several orders published: it belongs to none of their traces and links to them instead. */
const planShipments: Work = consume('shipping', 'orders.created', 0, 10, [
  internal('group parcels', 6),
  postgres('shipping', 'SELECT * FROM parcel WHERE planned IS NULL', 7),
  grpc('orders', 'shop.Orders/Lookup', 2, [postgres('orders', 'SELECT * FROM customer_order WHERE id = ANY(?)', 5)]),
  external('api.parcelpost.example', 'POST /labels', 180),
  postgres('shipping', 'INSERT INTO shipment VALUES (?)', 5),
  publish('shipments.planned', [
    consume('notifications', 'shipments.planned', 40, 6, [redis('INCR')]),
    consume('orders', 'shipments.planned', 400, 4, [postgres('orders', 'UPDATE customer_order SET state = ?', 4)]),
  ]),
]);

const viewAccount = page('GET /account', 4, [
  grpc('identity', 'platform.Identity/Verify', 1, [redis('GET')]),
  http('orders', 'GET /customers/{id}/orders', 5, [
    postgres('orders', 'SELECT * FROM customer_order WHERE customer = ?', 6),
    postgres('orders', 'SELECT * FROM order_line WHERE order_id = ANY(?)', 5),
    http('orders', 'GET /internal/totals', 3, [postgres('orders', 'SELECT sum(amount) FROM order_line', 11)]),
  ]),
  http('shipping', 'GET /shipments', 3, [postgres('shipping', 'SELECT * FROM shipment WHERE customer = ?', 5)]),
  internal('render page', 5),
]);

const expireOrders: Work = {
  ...internal('expire unpaid orders', 5, [
    postgres('orders', 'SELECT id FROM customer_order WHERE paid IS NULL', 18),
    http('payments', 'DELETE /charges/{id}', 4, [
      postgres('payments', 'UPDATE charge SET state = ?', 4),
      external('api.cardpay.example', 'DELETE /v1/charges', 95),
    ]),
    publish('orders.expired', [
      consume('cart', 'orders.expired', 900, 2, [redis('DEL')]),
      consume('catalog', 'orders.expired', 1500, 3, [postgres('catalog', 'UPDATE stock SET reserved = ?', 5)]),
    ]),
  ]),
  service: 'orders',
};

const traces = [viewProduct, searchProducts, login, placeOrder, planShipments, viewAccount, expireOrders];

/** The traces of one round through everything that customers do, a hundred spans together; parents stand before their children. */
export const spanTemplates: readonly SpanTemplate[] = traces.flatMap(flatten);

/** How many traces a round has. */
export const tracesPerRound = traces.length;

/** The trace that publishes orders, and its publishing span; the one that plans shipments links there. */
export const published = {
  trace: traces.indexOf(placeOrder),
  span: spanTemplates.find((span) => span.trace === traces.indexOf(placeOrder) && span.kind === PRODUCER)?.span ?? 0,
  linkedFrom: traces.indexOf(planShipments),
};

function micros(ms: number): number {
  return Math.round(ms * 1000);
}

/** How long work takes until its caller has its answer. */
function durationOf(item: Work): number {
  return (
    micros(item.selfMs) + item.parts.reduce((total, part) => total + (part.detached ? 0 : micros(part.lagMs) * 2 + durationOf(part)), 0)
  );
}

function flatten(root: Work, trace: number): SpanTemplate[] {
  const spans: SpanTemplate[] = [];
  const visit = (item: Work, parent: number | null, caller: ServiceName, start: number): void => {
    const span = spans.length;
    const service = item.service ?? caller;
    const [answer] = item.parts;
    const asks = item.kind === CLIENT && answer !== undefined;
    spans.push({
      ...{ trace, span, parent, service, kind: item.kind, operation: item.operation, start, duration: durationOf(item) },
      ...{ leaf: item.parts.length === 0, fault: asks ? span + 1 : span, faultService: (asks ? answer.service : undefined) ?? service },
      attributes: item.attributes,
    });
    let clock = start + micros(item.selfMs) / (item.parts.length + 1);
    for (const part of item.parts) {
      const begin = Math.round(clock) + micros(part.lagMs);
      visit(part, span, service, part.detached ? start + durationOf(item) + micros(part.lagMs) : begin);
      if (!part.detached) clock = begin + durationOf(part) + micros(part.lagMs) + micros(item.selfMs) / (item.parts.length + 1);
    }
  };
  visit(root, null, root.service ?? services[0].name, 0);
  return spans;
}
