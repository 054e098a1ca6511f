import { describe, expect, test } from 'vitest';
import { explainLine } from '../../src/patterns/explain.ts';

interface Expected {
  readonly time?: string;
  readonly level?: string;
  readonly thread?: string;
  readonly logger?: string;
}

/** line, header, severity, template */
type Case = readonly [string, Expected, string | null, string];

const formats: Readonly<Record<string, readonly Case[]>> = {
  'syslog RFC 3164': [
    [
      'Mar  4 09:15:02 db-3 cron[411]: (backup) CMD (nightly.sh)',
      { time: 'Mar  4 09:15:02', logger: 'cron[411]' },
      null,
      '(backup) CMD (<*>)',
    ],
    ['<13>Mar 14 09:15:02 edge dhcpd: lease 10.2.0.7 renewed', { time: 'Mar 14 09:15:02', logger: 'dhcpd' }, 'info', 'lease <*> renewed'],
    ['<11>myapp[77]: giving up after 3 tries', { logger: 'myapp[77]' }, 'error', 'giving up after <*> tries'],
    ['Mar 14 09:15:02 laptop Photo Sync[88]: upload of 12 items', { logger: 'Photo Sync[88]' }, null, 'upload of <*> items'],
    ['Mar 14 2024 09:15:02 fw-1 vpnd[9]: tunnel 4 up', { time: 'Mar 14 2024 09:15:02', logger: 'vpnd[9]' }, null, 'tunnel <*> up'],
  ],
  'syslog RFC 5424': [
    [
      '<165>1 2024-03-14T09:15:02.003Z web shop 8710 ID47 [meta@9 note="a ] b" n="1"] order 17 placed',
      { time: '2024-03-14T09:15:02.003Z', logger: 'shop', thread: '8710' },
      'info',
      'order <*> placed',
    ],
    ['<131>1 - - - - - - disk full', {}, 'error', 'disk full'],
    ['<14>1 2024-03-14T09:15:02+01:00 h app - - [a@1 b="c"][d@2] ready', { logger: 'app' }, 'info', 'ready'],
  ],
  'ISO, epoch and other times': [
    [
      '2024-03-14T09:15:02.123456+01:00 WARN low on space',
      { time: '2024-03-14T09:15:02.123456+01:00', level: 'WARN' },
      'warn',
      'low on space',
    ],
    ['2024-03-14 09:15:02,5 UTC ERROR boom', { time: '2024-03-14 09:15:02,5 UTC', level: 'ERROR' }, 'error', 'boom'],
    ['20240314T091502Z INFO up', { time: '20240314T091502Z', level: 'INFO' }, 'info', 'up'],
    ['1710407702 INFO up', { time: '1710407702', level: 'INFO' }, 'info', 'up'],
    ['1710407702.25 INFO up', { time: '1710407702.25' }, 'info', 'up'],
    ['1710407702123 INFO up', { time: '1710407702123' }, 'info', 'up'],
    ['1710407702123456 INFO up', { time: '1710407702123456' }, 'info', 'up'],
    ['1710407702123456789 INFO up', { time: '1710407702123456789' }, 'info', 'up'],
    ['14/Mar/2024 09:15:02 INFO up', { time: '14/Mar/2024 09:15:02' }, 'info', 'up'],
    ['3/4/2024 9:15:02 PM INFO up', { time: '3/4/2024 9:15:02 PM' }, 'info', 'up'],
    ['Thu, 14 Mar 2024 09:15:02 GMT INFO up', { time: 'Thu, 14 Mar 2024 09:15:02 GMT' }, 'info', 'up'],
    ['[10.30 16:49:06] sync.exe - queue of 5 flushed', { time: '[10.30 16:49:06]', logger: 'sync.exe' }, null, 'queue of <*> flushed'],
    ['[10.30 16:49:06] sync.exe *64 - queue of 5 flushed', { time: '[10.30 16:49:06]' }, null, 'queue of <*> flushed'],
  ],
  'log4j and logback': [
    [
      '09:15:02.123 [pool-1-thread-4] WARN  c.acme.Cart -- price 12 missing',
      { time: '09:15:02.123', level: 'WARN', thread: 'pool-1-thread-4', logger: 'c.acme.Cart' },
      'warn',
      'price <*> missing',
    ],
    [
      '09:15:02.123 [IPC Server handler 0 on 62270] INFO com.acme.Cart - price 12 set',
      { level: 'INFO', logger: 'com.acme.Cart' },
      'info',
      'price <*> set',
    ],
    [
      '2024-03-14 09:15:02,123 INFO [main] com.acme.Cart: price 12 set',
      { time: '2024-03-14 09:15:02,123', level: 'INFO', thread: 'main', logger: 'com.acme.Cart' },
      'info',
      'price <*> set',
    ],
    [
      '2024-03-14 09:15:02,123 INFO [Event Loop 3] com.acme.Cart: price 12 set',
      { level: 'INFO', thread: 'Event Loop 3', logger: 'com.acme.Cart' },
      'info',
      'price <*> set',
    ],
    [
      '2024-03-14 09:15:02,123 - INFO  [Peer[id=1]/0:0:0:0:0:0:0:0:2181:Election@774] - round 12 done',
      { level: 'INFO', thread: 'Peer[id=1]/0:0:0:0:0:0:0:0:2181:Election@774' },
      'info',
      'round <*> done',
    ],
    ['0    [main] DEBUG org.acme.Shop  - open 5', { level: 'DEBUG', thread: 'main', logger: 'org.acme.Shop' }, 'debug', 'open <*>'],
    ['[main] INFO org.acme.Shop - open 5', { level: 'INFO', thread: 'main', logger: 'org.acme.Shop' }, 'info', 'open <*>'],
    ['INFO  [main] org.acme.Shop: open 5', { level: 'INFO', thread: 'main', logger: 'org.acme.Shop' }, 'info', 'open <*>'],
    ['ERROR org.acme.Shop - cannot open 5', { level: 'ERROR', logger: 'org.acme.Shop' }, 'error', 'cannot open <*>'],
    [
      '2024-03-14T09:15:02.123+01:00  WARN 71 --- [shop] [nio-8080-exec-1] o.a.s.Controller                 : slow 12 ms',
      { time: '2024-03-14T09:15:02.123+01:00', level: 'WARN', thread: 'nio-8080-exec-1', logger: 'o.a.s.Controller' },
      'warn',
      'slow <*> ms',
    ],
    [
      '09:15:02,123 INFO  [org.acme.deploy] (MSC service thread 1-2) deployed 3 units',
      { level: 'INFO', logger: 'org.acme.deploy', thread: 'MSC service thread 1-2' },
      'info',
      'deployed <*> units',
    ],
    ['14-Mar-2024 09:15:02.123 SEVERE [main] org.acme.Boot.run stopped', { level: 'SEVERE' }, 'error', '[main] <*> stopped'],
    ['[2024-03-14 09:15:02] [ERROR] cannot reach 10.0.0.9', { time: '[2024-03-14 09:15:02]', level: 'ERROR' }, 'error', 'cannot reach <*>'],
  ],
  'Python logging': [
    ['WARNING:root:disk 91% full', { level: 'WARNING', logger: 'root' }, 'warn', 'disk <*> full'],
    ['ERROR:app.mail:cannot send 3 mails', { level: 'ERROR', logger: 'app.mail' }, 'error', 'cannot send <*> mails'],
    [
      '2024-03-14 09:15:02,123 - app.mail - ERROR - cannot send 3 mails',
      { time: '2024-03-14 09:15:02,123', level: 'ERROR', logger: 'app.mail' },
      'error',
      'cannot send <*> mails',
    ],
    ['2024-03-14 09:15:02,123 [INFO] app.mail: sent 3', { level: 'INFO', logger: 'app.mail' }, 'info', 'sent <*>'],
    ['2024-03-14 09:15:02,123 INFO app.mail: sent 3', { level: 'INFO', logger: 'app.mail' }, 'info', 'sent <*>'],
    ['INFO 2024-03-14 09:15:02,123 sent 3', { level: 'INFO', time: '2024-03-14 09:15:02,123' }, 'info', 'sent <*>'],
    ['[2024-03-14 09:15:02,123: WARNING/MainProcess] sent 3', { level: 'WARNING', thread: 'MainProcess' }, 'warn', 'sent <*>'],
    ['[2024-03-14 09:15:02 +0000] [71] [INFO] Booting worker 72', { thread: '71', level: 'INFO' }, 'info', 'Booting worker <*>'],
    [
      '2024-03-14 09:15:02.123 812 INFO shop.api.wsgi [req-1a2b - - - - -] 3 items',
      { level: 'INFO', logger: 'shop.api.wsgi' },
      'info',
      '<*> items',
    ],
    ['2024-03-14 09:15:02.123 812 INFO shop.api.wsgi [-] 3 items', { level: 'INFO', logger: 'shop.api.wsgi' }, 'info', '<*> items'],
  ],
  Go: [
    ['2024/03/14 09:15:02 listening on :8080', { time: '2024/03/14 09:15:02' }, null, 'listening on :<*>'],
    ['2024/03/14 09:15:02.123456 server.go:88: listening on 8080', { logger: 'server.go:88' }, null, 'listening on <*>'],
    [
      '2024-03-14T09:15:02.123Z\tINFO\tserver/main.go:12\tlistening on 8080\t{"tls": true}',
      { level: 'INFO', logger: 'server/main.go:12' },
      'info',
      'listening on <*> {"tls": <*>}',
    ],
    ['9:15AM INF listening on 8080 addr=0.0.0.0', { time: '9:15AM', level: 'INF' }, 'info', 'listening on <*> addr=<*>'],
    [
      '2024-03-14T09:15:02Z ERR main.go:12 > cannot listen on 8080',
      { level: 'ERR', logger: 'main.go:12' },
      'error',
      'cannot listen on <*>',
    ],
    ['WARN[0012] retry 5', { level: 'WARN', time: '[0012]' }, 'warn', 'retry <*>'],
    ['time="2024-03-14T09:15:02Z" level=error msg="retry 5 failed"', {}, 'error', 'retry <*> failed'],
    ['time=2024-03-14T09:15:02Z level=INFO msg="retry 5" source=a.go', {}, 'info', 'retry <*> {source}'],
  ],
  'glog and klog': [
    [
      'E0314 09:15:02.123456       1 reflector.go:147] watch of pods ended: 3 left',
      { time: '0314 09:15:02.123456', level: 'E', thread: '1', logger: 'reflector.go:147' },
      'error',
      'watch of pods ended: <*> left',
    ],
    ['W0314 09:15:02.123456   71 a.cc:9] low', { level: 'W' }, 'warn', 'low'],
    ['F0314 09:15:02.123456   71 a.cc:9] dead', { level: 'F' }, 'fatal', 'dead'],
  ],
  'web servers': [
    [
      '2024/03/14 09:15:02 [error] 31#31: *7 open() "/srv/x" failed (2: No such file), client: 10.0.0.9',
      { time: '2024/03/14 09:15:02', level: 'error', thread: '31#31' },
      'error',
      '<*> open() "<*>" failed (<*>: No such file), client: <*>',
    ],
    [
      '[Thu Mar 14 09:15:02 2024] [warn] [client 10.0.0.9] late by 5',
      { time: '[Thu Mar 14 09:15:02 2024]', level: 'warn' },
      'warn',
      '[client <*>] late by <*>',
    ],
    [
      '[Thu Mar 14 09:15:02.123456 2024] [ssl:warn] [pid 12:tid 140] AH01909: no match for 5 names',
      { level: 'warn', thread: 'pid 12:tid 140' },
      'warn',
      '<*>: no match for <*> names',
    ],
    [
      '10.0.0.9 - - [14/Mar/2024:09:15:02 +0100] "GET /a/b?c=1 HTTP/1.1" 200 512',
      { time: '[14/Mar/2024:09:15:02 +0100]' },
      'info',
      '"GET <*>" 200 <*>',
    ],
    [
      'host.example - bob [14/Mar/2024:09:15:02 +0100] "POST /a HTTP/2.0" 404 - "https://x.example/" "Mozilla/5.0 (X11)"',
      {},
      'warn',
      '"POST <*>" 404 <*>',
    ],
    ['shop.example:443 2001:db8::7 - - [14/Mar/2024:09:15:02 +0100] "GET / HTTP/1.1" 503 0', {}, 'error', '"GET <*>" 503 <*>'],
    [
      '[2024-03-14T09:15:02.123Z] "GET /a HTTP/2" 500 - 0 91 "10.0.0.9"',
      { time: '[2024-03-14T09:15:02.123Z]' },
      'error',
      '"GET <*>" 500 <*>',
    ],
    [
      '[2024-03-14 09:15:02.123][12][warning][main] [source/server/server.cc:404] 3 listeners left',
      { level: 'warning', thread: '12' },
      'warn',
      '<*> listeners left',
    ],
    [
      'Mar 14 09:15:02 lb haproxy[7]: 10.0.0.9:331 [14/Mar/2024:09:15:02.655] web shop/s1 1/0/3/6/10 200 27 - - ---- "GET /a HTTP/1.1"',
      { logger: 'haproxy[7]' },
      null,
      '<*> [<*>] web <*> <*> <*> <*> - - ---- "GET <*>"',
    ],
  ],
  'journald and systemd': [
    [
      '2024-03-14T09:15:02+0100 db-3 systemd[1]: Started job 12.',
      { time: '2024-03-14T09:15:02+0100', logger: 'systemd[1]' },
      null,
      'Started job <*>.',
    ],
    ['2024-03-14T09:15:02.123456+01:00 db-3 kernel: eth4 link up', { logger: 'kernel' }, null, '<*> link up'],
    [
      'Mar 14 09:15:02 db-3 systemd[1]: nginx.service: Main process exited, code=exited',
      { logger: 'systemd[1]' },
      null,
      'nginx.service: Main process exited, code=exited',
    ],
  ],
  kernel: [
    ['[12345.678901] usb 1-2: new device number 5', { time: '[12345.678901]' }, null, 'usb <*>: new device number <*>'],
    ['[    0.000000] Linux is up', { time: '[    0.000000]' }, null, 'Linux is up'],
    ['<4>[    7.123456] low memory: 5 pages', { time: '[    7.123456]' }, 'warn', 'low memory: <*> pages'],
    ['Mar 14 09:15:02 db-3 kernel: [  12.345678] link 5 up', { logger: 'kernel' }, null, 'link <*> up'],
  ],
  containers: [
    [
      '2024-03-14T09:15:02.123456789Z stdout F 2024-03-14 09:15:02 ERROR lost 5',
      { time: '2024-03-14 09:15:02', level: 'ERROR' },
      'error',
      'lost <*>',
    ],
    ['2024-03-14T09:15:02.123456789+01:00 stderr F lost 5', { time: '2024-03-14T09:15:02.123456789+01:00' }, null, 'lost <*>'],
    ['{"log":"WARN lost 5\\n","stream":"stderr","time":"2024-03-14T09:15:02Z"}', {}, 'warn', 'WARN lost <*>'],
    ['web-1  | 2024-03-14 09:15:02 INFO lost 5', { time: '2024-03-14 09:15:02', level: 'INFO' }, 'info', 'lost <*>'],
  ],
  Windows: [
    [
      '2024-03-14 09:15:02, Info                  CBS    Loaded stack v6.1',
      { time: '2024-03-14 09:15:02', level: 'Info', logger: 'CBS' },
      'info',
      'Loaded stack <*>',
    ],
    [
      'Error\t3/14/2024 9:15:02 AM\tApplication Hang\t1002\tThe program a.exe stopped',
      { level: 'Error', time: '3/14/2024 9:15:02 AM' },
      'error',
      'Application Hang <*> The program <*> stopped',
    ],
  ],
  Android: [
    ['E/Camera( 412): open of 5 failed', { level: 'E', logger: 'Camera', thread: '412' }, 'error', 'open of <*> failed'],
    ['W/Camera: open of 5 slow', { level: 'W', logger: 'Camera' }, 'warn', 'open of <*> slow'],
    ['D(  412) open of 5', { level: 'D', thread: '412' }, 'debug', 'open of <*>'],
    [
      '03-14 09:15:02.123 I/Camera(  412): open of 5',
      { time: '03-14 09:15:02.123', level: 'I', logger: 'Camera', thread: '412' },
      'info',
      'open of <*>',
    ],
    ['03-14 09:15:02.123   412   415 F Camera  : open of 5', { level: 'F', logger: 'Camera' }, 'fatal', 'open of <*>'],
  ],
  'records behind a number, a dash or tags': [
    ['88213 node-17 fs.disk state_change.ok 1077804742 1 Disk 5 is back', { time: '1077804742' }, null, 'Disk <*> is back'],
    [
      '- 1117838570 2005.06.03 R02-N0-C:J12 2005-06-03-15.42.50.363779 R02-N0-C:J12 RAS KERNEL WARNING cache line 5 bad',
      { level: 'WARNING' },
      'warn',
      'cache line <*> bad',
    ],
    [
      'shop.log.2 2024-03-14 09:15:02.123 812 INFO shop.api [-] 3 items',
      { time: '2024-03-14 09:15:02.123', level: 'INFO' },
      'info',
      '<*> items',
    ],
  ],
  'PHP, Elixir and launchd': [
    ['[2024-03-14 09:15:02] production.ERROR: Cart 5 lost', { level: 'ERROR', logger: 'production' }, 'error', 'Cart <*> lost'],
    ['09:15:02.123 [error] Server 5 terminating', { level: 'error' }, 'error', 'Server <*> terminating'],
    [
      'Mar 14 09:15:02 mini-7 com.acme.launchd[1] (com.acme.agent[412]): Service exited with code 5',
      { logger: 'com.acme.launchd[1]' },
      null,
      'Service exited with code <*>',
    ],
  ],
  '.NET': [
    ['[09:15:02 INF] Order 5 placed', { time: '09:15:02', level: 'INF' }, 'info', 'Order <*> placed'],
    ['2024-03-14 09:15:02.123 +01:00 [WRN] Order 5 late', { level: 'WRN' }, 'warn', 'Order <*> late'],
    ['2024-03-14 09:15:02.1234|ERROR|Acme.Shop.Cart|Order 5 lost', { level: 'ERROR', logger: 'Acme.Shop.Cart' }, 'error', 'Order <*> lost'],
    ['fail: Acme.Shop.Cart[12]\n      Order 5 lost', { level: 'fail', logger: 'Acme.Shop.Cart[12]' }, 'error', 'Order <*> lost'],
  ],
  'java.util.logging': [
    [
      'Mar 14, 2024 9:15:02 AM com.acme.Shop run\nWARNING: cart 5 lost',
      { time: 'Mar 14, 2024 9:15:02 AM', level: 'WARNING', logger: 'com.acme.Shop' },
      'warn',
      'cart <*> lost',
    ],
  ],
  Ruby: [
    [
      'W, [2024-03-14T09:15:02.123456 #42]  WARN -- shop: order 5 late',
      { time: '2024-03-14T09:15:02.123456', level: 'WARN', thread: '42', logger: 'shop' },
      'warn',
      'order <*> late',
    ],
    ['I, [2024-03-14T09:15:02.123456 #42]  INFO -- : order 5', { level: 'INFO' }, 'info', 'order <*>'],
  ],
  'databases and queues': [
    [
      '2024-03-14 09:15:02.123 UTC [71] ERROR:  relation "carts" does not exist at character 15',
      { level: 'ERROR', thread: '71' },
      'error',
      'relation "carts" does not exist at character <*>',
    ],
    ['2024-03-14 09:15:02.123 CET [71] bob@shop LOG:  duration: 12.5 ms', { level: 'LOG' }, 'info', 'duration: <*> ms'],
    [
      '2024-03-14T09:15:02.123456Z 0 [Warning] [MY-010068] [Server] CA certificate 5 is old',
      { level: 'Warning', logger: 'Server' },
      'warn',
      'CA certificate <*> is old',
    ],
    ['2024-03-14T09:15:02.123456Z 12 [Note] Access denied for user 5', { level: 'Note' }, 'info', 'Access denied for user <*>'],
    [
      '2024-03-14T09:15:02.123+0000 I NETWORK  [listener] connection 5 accepted',
      { level: 'I', logger: 'NETWORK', thread: 'listener' },
      'info',
      'connection <*> accepted',
    ],
    [
      '{"t":{"$date":"2024-03-14T09:15:02.123Z"},"s":"E","c":"NETWORK","id":22943,"ctx":"listener","msg":"Refused 5"}',
      {},
      'error',
      'Refused <*> {c, ctx, id, t}',
    ],
    [
      '1:M 14 Mar 2024 09:15:02.123 * Ready after 5',
      { time: '14 Mar 2024 09:15:02.123', level: '*', thread: '1' },
      'info',
      'Ready after <*>',
    ],
    ['1:C 14 Mar 2024 09:15:02.123 # Memory 5', { level: '#' }, 'warn', 'Memory <*>'],
    [
      '[2024-03-14 09:15:02,123] WARN [Broker id=1] Slow 5 (kafka.server.Broker)',
      { level: 'WARN', logger: 'kafka.server.Broker' },
      'warn',
      '[Broker id=<*>] Slow <*>',
    ],
    [
      '[2024-03-14T09:15:02,123][ERROR][o.e.n.Node               ] [node-1] shard 5 failed',
      { level: 'ERROR', logger: 'o.e.n.Node', thread: 'node-1' },
      'error',
      'shard <*> failed',
    ],
  ],
};

for (const [format, cases] of Object.entries(formats)) {
  describe(format, () => {
    test.each(cases)('%s', (line, header, severity, template) => {
      expect(explainLine(line)).toMatchObject({ header, severity, template });
    });
  });
}

test.each([
  ['2024-03-14 09:15:02 Error opening file 5', null, 'Error opening file <*>'],
  ['2024-03-14 09:15:02 info about 5', null, 'info about <*>'],
  ['2024-03-14 09:15:02 failure of 5', null, 'failure of <*>'],
  ['2024-03-14 09:15:02 config: 5 keys', null, 'config: <*> keys'],
  ['2024-03-14 09:15:02 Connection failed: code 5', null, 'Connection failed: code <*>'],
  ['2024-03-14T09:15:02+01:00 Cannot open: code 5', null, 'Cannot open: code <*>'],
  ['Error opening file 5', null, 'Error opening file <*>'],
  ['error: no file 5', 'error', 'error: no file <*>'],
  ['[warn] no file 5', 'warn', '[warn] no file <*>'],
  ['Mar 14 09:15:02 h app[1]: error: no file 5', 'error', 'error: no file <*>'],
  ['12 files of 1710407702 copied', null, '<*> files of <*> copied'],
  ['In 2024 we sold 5', null, 'In <*> we sold <*>'],
  ['2024-03-14T09:15:02Z ERROR Failed: code 5', 'error', 'Failed: code <*>'],
  ['2024-03-14 09:15:02 ERROR TypeError: no 5', 'error', 'TypeError: no <*>'],
  ['::1 - - [14/Mar/2024:09:15:02 +0000] "GET / HTTP/1.1" 404 5', 'warn', '"GET <*>" 404 <*>'],
  ['10.20.30.40 is down', null, '<*> is down'],
])('words of the message stay: %s', (line, severity, template) => {
  expect(explainLine(line)).toMatchObject({ severity, template });
});
