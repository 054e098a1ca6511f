import type { ServiceName } from './services.ts';

/** A log line of the shop; `<name>` in the text stands for one of `logVariables`. */
export interface LogTemplate {
  readonly service: ServiceName;
  readonly severity: string;
  readonly text: string;
}

/** What varies in log lines, in the order of the arguments of `logs.sql`. */
export const logVariables = ['order', 'user', 'uuid', 'ip', 'ms', 'sku', 'count', 'hex', 'amount', 'time', 'thread', 'trace'] as const;

const line = (service: ServiceName, severity: string, text: string): LogTemplate => ({ service, severity, text });

const java = (service: ServiceName, severity: string, logger: string, text: string): LogTemplate =>
  line(service, severity, `<time> ${severity.padEnd(5)} [http-nio-8080-exec-<thread>] ${logger} - ${text}`);

const stack = (exception: string, frames: string[]): string => [exception, ...frames.map((frame) => `\tat ${frame}`)].join('\n');

const springFrames = [
  'org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:897)',
  'jakarta.servlet.http.HttpServlet.service(HttpServlet.java:623)',
  'java.base/java.lang.Thread.run(Thread.java:1583)',
];

/** What a service in an error burst writes instead. */
export const burstText = 'upstream call failed after <ms> ms: dial tcp <ip>:8080: connect: connection refused';

/** Sixty log lines from the most common to the rarest. */
export const logTemplates: readonly LogTemplate[] = [
  line('storefront', 'info', '<ip> - user<user> "GET /products/<sku> HTTP/1.1" 200 <count> <ms>ms'),
  line('storefront', 'info', '<ip> - user<user> "GET /search?q=<hex> HTTP/1.1" 200 <count> <ms>ms'),
  line('cart', 'INFO', 'get cart user=<user> items=<count> took=<ms>ms'),
  line('pricing', 'INFO', 'quoted <count> items for user <user> total <amount> EUR in <ms> ms'),
  java('catalog', 'INFO', 'shop.catalog.ProductController', 'Product <sku> served from cache in <ms> ms'),
  line('search', 'INFO', '{"event":"query","user":<user>,"hits":<count>,"took_ms":<ms>,"trace":"<trace>"}'),
  java('identity', 'INFO', 'platform.identity.SessionFilter', 'Session <uuid> of account <user> verified'),
  line('storefront', 'debug', 'render page for session <uuid> took <ms>ms'),
  java('orders', 'INFO', 'shop.orders.OrderService', 'Order <order> of customer <user> created with <count> lines'),
  line('reviews', 'INFO', 'listed <count> reviews of product <sku>'),
  java('checkout', 'INFO', 'shop.checkout.CheckoutFlow', 'Checkout <uuid> started by user <user> from <ip>'),
  line('cart', 'DEBUG', 'redis HGETALL cart:<user> returned <count> fields'),
  java('payments', 'INFO', 'platform.payments.ChargeService', 'Charged <amount> EUR for order <order> in <ms> ms'),
  line('notifications', 'info', 'mail <uuid> for order <order> accepted by api.mailer.example in <ms>ms'),
  line('shipping', 'INFO', 'planned shipment <order> with <count> parcels'),
  line('pricing', 'DEBUG', 'cache hit for price of <sku>'),
  java('catalog', 'DEBUG', 'org.hibernate.SQL', 'select p.id, p.name from product p where p.id=<count>'),
  line('storefront', 'info', '<ip> - - "GET /healthz HTTP/1.1" 200 2 <ms>ms'),
  java('checkout', 'INFO', 'shop.checkout.CheckoutFlow', 'Checkout <uuid> finished: order <order>, total <amount> EUR'),
  line('search', 'INFO', '{"event":"index_refreshed","segment":"<hex>","documents":<count>,"took_ms":<ms>}'),
  java('identity', 'INFO', 'platform.identity.LoginController', 'Account <user> logged in from <ip>'),
  line('cart', 'INFO', 'add item sku=<sku> quantity=<count> user=<user>'),
  line('shipping', 'INFO', 'label <hex> bought from api.parcelpost.example for <amount> EUR'),
  java(
    'orders',
    'DEBUG',
    'com.zaxxer.hikari.pool.HikariPool',
    'HikariPool-1 - Pool stats (total=<count>, active=<thread>, idle=4, waiting=0)',
  ),
  line('notifications', 'info', '{"level":"info","msg":"consumed","topic":"orders.created","partition":<thread>,"offset":<order>}'),
  line('storefront', 'warn', 'slow response: /checkout took <ms>ms for session <uuid>'),
  line('reviews', 'INFO', 'review <uuid> of product <sku> stored with rating <thread>'),
  java('payments', 'INFO', 'platform.payments.RiskModel', 'Risk of order <order> scored in <ms> ms'),
  line('pricing', 'INFO', 'reloaded <count> price rules from s3://shop-pricing/rules/<hex>.json'),
  java('catalog', 'INFO', 'shop.catalog.StockListener', 'Stock of <sku> is now <count>'),
  line('cart', 'WARN', 'cart of user <user> expired after <count> days'),
  java('identity', 'WARN', 'platform.identity.LoginController', 'Wrong password for account <user> from <ip>, attempt <thread>'),
  line('shipping', 'INFO', 'kafka: joined group shipping generation <count> member shipping-<uuid>'),
  java('orders', 'INFO', 'shop.orders.ExpiryJob', 'Expired <count> unpaid orders older than <ms> s'),
  line('search', 'WARN', '{"event":"slow_query","took_ms":<ms>,"query":"<hex>","trace":"<trace>"}'),
  java('checkout', 'WARN', 'shop.checkout.StockReservation', 'Only <count> of <sku> left, order <order> waits'),
  line('notifications', 'warn', 'retry <thread> of mail <uuid>: api.mailer.example answered 429'),
  java('payments', 'WARN', 'platform.payments.CardPayClient', 'api.cardpay.example answered after <ms> ms, budget is 2000 ms'),
  line('pricing', 'WARN', 'rule <hex> has no currency, EUR assumed'),
  line('reviews', 'WARN', 'review <uuid> held for moderation: <count> links'),
  line('storefront', 'info', 'TLS certificate for shop.example renewed, serial <hex>'),
  line('cart', 'INFO', 'gc 1 @<ms>s 0%: <count> MB heap'),
  java('catalog', 'WARN', 'shop.catalog.ProductController', 'Product <sku> not found'),
  line('shipping', 'WARN', 'address of order <order> could not be verified, using postal code'),
  java('identity', 'INFO', 'platform.identity.KeyRotation', 'Signing key <uuid> is active'),
  line('search', 'ERROR', '{"event":"query_failed","error":"deadline exceeded","took_ms":<ms>,"trace":"<trace>"}'),
  java('orders', 'ERROR', 'shop.orders.OrderService', 'Order <order> could not be stored: deadlock detected by process <count>'),
  line('reviews', 'ERROR', 'cannot list reviews of <sku>: connection to reviews-db.platform.svc timed out after <ms> ms'),
  line('notifications', 'error', 'mail <uuid> for order <order> rejected: mailbox <hex>@mail.example unavailable'),
  java('payments', 'ERROR', 'platform.payments.ChargeService', 'Charge for order <order> declined with code <thread>'),
  line(
    'checkout',
    'ERROR',
    `<time> ERROR [http-nio-8080-exec-<thread>] shop.checkout.CheckoutFlow - Checkout <uuid> failed\n${stack(
      'java.lang.IllegalStateException: cart of user <user> changed during checkout',
      [
        'shop.checkout.CheckoutFlow.confirm(CheckoutFlow.java:118)',
        'shop.checkout.CheckoutController.post(CheckoutController.java:54)',
        ...springFrames,
      ],
    )}`,
  ),
  line(
    'catalog',
    'ERROR',
    `<time> ERROR [http-nio-8080-exec-<thread>] shop.catalog.ProductController - Product <sku> failed\n${stack(
      'org.postgresql.util.PSQLException: ERROR: canceling statement due to statement timeout',
      [
        'org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2725)',
        'shop.catalog.ProductRepository.find(ProductRepository.java:77)',
        ...springFrames,
      ],
    )}`,
  ),
  line('shipping', 'ERROR', 'api.parcelpost.example: POST /labels: context deadline exceeded after <ms>ms (order <order>)'),
  line('pricing', 'ERROR', 'panic recovered: runtime error: index out of range [<count>] with length <thread>'),
  line('cart', 'ERROR', 'redis: connection pool timeout after <ms>ms'),
  java('identity', 'ERROR', 'platform.identity.SessionFilter', 'Token <hex> has an invalid signature, request from <ip> refused'),
  line('storefront', 'error', 'Error: socket hang up at Socket.socketOnEnd (node:_http_client:524:23) session=<uuid>'),
  java('orders', 'FATAL', 'shop.orders.Application', 'Out of disk: <count> MB left on /var/lib/orders'),
  line('search', 'FATAL', '{"event":"index_corrupt","segment":"<hex>","checksum":"<hex>"}'),
  line('notifications', 'fatal', 'cannot join consumer group notifications: broker kafka-<thread> gone'),
];
