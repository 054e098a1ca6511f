import { expect, test } from 'vitest';
import { explainLine } from '../../src/patterns/explain.ts';

/** line, header fields, severity, template */
const cases: [string, Record<string, string>, string | null, string][] = [
  [
    '19:59:59.492 ERROR o.a.c.c.C.[.[.[.[dispatcher]#175 TraceID: c606f3f52946569880cf0dc883d91373 SpanID: c99e245878dfa656 Servlet.service() failed',
    { time: '19:59:59.492', level: 'ERROR', logger: 'o.a.c.c.C.[.[.[.[dispatcher]#175' },
    'error',
    'Servlet.service() failed',
  ],
  ['2023-01-30T12:00:00.123Z  WARN foo: took 5ms', { time: '2023-01-30T12:00:00.123Z', level: 'WARN', logger: 'foo' }, 'warn', 'took <*>'],
  [
    '2023-01-30 12:00:00.000  INFO 1 --- [           main] c.e.App                  : Started App in 3.2 seconds',
    { time: '2023-01-30 12:00:00.000', level: 'INFO', thread: 'main', logger: 'c.e.App' },
    'info',
    'Started App in <*> seconds',
  ],
  [
    '12:00:00.123 [main] DEBUG org.acme.Foo - started',
    { time: '12:00:00.123', level: 'DEBUG', thread: 'main', logger: 'org.acme.Foo' },
    'debug',
    'started',
  ],
  [
    '2023-01-30 12:00:00,123 - my.logger - WARNING - disk 91% full',
    { time: '2023-01-30 12:00:00,123', level: 'WARNING', logger: 'my.logger' },
    'warn',
    'disk <*> full',
  ],
  [
    '2023-01-30 12:00:00.123 | INFO | app.main:run:12 - Hello 5',
    { time: '2023-01-30 12:00:00.123', level: 'INFO', logger: 'app.main:run:12' },
    'info',
    'Hello <*>',
  ],
  [
    'Jun 14 15:16:01 combo sshd(pam_unix)[19939]: check pass',
    { time: 'Jun 14 15:16:01', logger: 'sshd(pam_unix)[19939]' },
    null,
    'check pass',
  ],
  ['<34>Oct 11 22:14:15 host su: failed', { time: 'Oct 11 22:14:15', logger: 'su' }, 'fatal', 'failed'],
  [
    '<165>1 2003-10-11T22:14:15.003Z host evntslog - ID47 [x@32473 a="b"] booted 5',
    { time: '2003-10-11T22:14:15.003Z', logger: 'evntslog' },
    'info',
    'booted <*>',
  ],
  ['[Sun Dec 04 04:47:44 2005] [notice] child 5 ok', { time: '[Sun Dec 04 04:47:44 2005]', level: 'notice' }, 'info', 'child <*> ok'],
  [
    '[Sun Dec 04 04:47:44.1 2005] [core:error] [pid 12:tid 4] [client 1.2.3.4:5] denied',
    { time: '[Sun Dec 04 04:47:44.1 2005]', level: 'error', thread: 'pid 12:tid 4' },
    'error',
    '[client <*>] denied',
  ],
  [
    "I0130 12:34:56.789012    1234 server.go:55] Listening on 'x'",
    { time: '0130 12:34:56.789012', level: 'I', logger: 'server.go:55' },
    'info',
    "Listening on 'x'",
  ],
  ['17/06/09 20:10:40 INFO util.Utils: done', { time: '17/06/09 20:10:40', level: 'INFO', logger: 'util.Utils' }, 'info', 'done'],
  ['081109 203615 148 INFO dfs.X$Y: Block 5 done', { time: '081109 203615', level: 'INFO', logger: 'dfs.X$Y' }, 'info', 'Block <*> done'],
  [
    '03-17 16:13:38.811  1702  2395 D WindowManager: hidden',
    { time: '03-17 16:13:38.811', level: 'D', logger: 'WindowManager' },
    'debug',
    'hidden',
  ],
  ['20171223-22:15:29:606|Step_LSC|30002312|steps 3579', { time: '20171223-22:15:29:606', logger: 'Step_LSC' }, null, 'steps <*>'],
  ['1675080000.123 ERROR boom', { time: '1675080000.123', level: 'ERROR' }, 'error', 'boom'],
  ['2023/01/30 12:00:00 main.go:12: connected', { time: '2023/01/30 12:00:00', logger: 'main.go:12' }, null, 'connected'],
  ['2023/01/30 12:00:00 http: TLS error', { time: '2023/01/30 12:00:00' }, null, 'http: TLS error'],
  ['2023-01-30 12:00:00 error opening it', { time: '2023-01-30 12:00:00' }, null, 'error opening it'],
  ['ERROR foo: without a time there is no header', {}, 'error', 'ERROR foo: without a time there is no header'],
  ['\u001b[32m12:00:00.1 INFO\u001b[0m hello 5', { time: '12:00:00.1', level: 'INFO' }, 'info', 'hello <*>'],
];

test.each(cases)('header of %j', (line, header, severity, template) => {
  expect(explainLine(line)).toMatchObject({ header, severity, template });
});

const wrapped: [string, string | null, string][] = [
  ['2023-01-30T12:00:00.123456789Z stderr F 12:00:00,1 [main] INFO  org.acme.Foo - up 12', 'info', 'up <*>'],
  ['2023-01-30T12:00:00.123456789Z stdout P partial text', null, 'partial text'],
  ['{"log":"12:00:00.1 WARN low on disk 5\\n","stream":"stderr","time":"2023-01-30T12:00:00Z"}', 'warn', 'low on disk <*>'],
  [
    '{"level":"error","ts":1.5,"caller":"x.go:12","msg":"dial 10.0.0.1:80","attempt":3,"trace_id":"a"}',
    'error',
    'dial <*> {attempt, caller}',
  ],
  ['{"attempt":4,"msg":"dial 10.0.0.2:80", "caller":"y.go:1","level":"error"}', 'error', 'dial <*> {attempt, caller}'],
  ['{"level":50,"msg":"request completed"}', 'error', 'request completed'],
  ['{"severity_number":13,"body":{"message":"hi 5"},"x":1}', 'warn', 'hi <*> {x}'],
  ['{"b":1,"a":{"c":[1,"}"]}}', null, '{a, b}'],
  ['{"msg":"say \\"hi\\" \\u00e9t\\u00e9"}', null, 'say "hi" été'],
  ['{}', null, '{}'],
  ['{not json} at 5', null, '{not json} at <*>'],
  ['INFO payload {"orderId":"a b","n":5}', 'info', 'INFO payload {"orderId":"<*>","n":<*>}'],
  ['time="2023-01-30T12:00:00Z" level=warning msg="slow query took 12ms" component=db', 'warn', 'slow query took <*> {component}'],
  ['ready=true,policy=3', null, 'ready=<*>,policy=<*>'],
];

test.each(wrapped)('wrapping of %j', (line, severity, template) => {
  expect(explainLine(line)).toMatchObject({ severity, template });
});

const messages: [string, string][] = [
  ['Took 93.3 KB of 5 MB in <1 sec', 'Took <*> KB of <*> MB in <*> sec'],
  ['at 2023-01-30 17:38:46, then Sat May 04 09:51:52 CST 2013', 'at <*>, then <*>'],
  ['from 10.0.0.1:5432 fe80::1 00:1a:2b:3c:dd:ee to a@b.example', 'from <*> <*> <*> to <*>'],
  ['GET https://a.example/b?c=d, then /var/log/x.log.', 'GET <*>, then <*>'],
  ['C:\\Temp\\x.txt is open', '<*> is open'],
  ['ids [1, 2, 3] and [4]', 'ids [<*>] and [<*>]'],
  ['tag="View Lock", msg="went wrong"', 'tag="<*>", msg="went wrong"'],
  ['java.io.IOException: Broken pipe in com.acme.web.Handler', 'java.io.IOException: Broken pipe in <*>'],
  ['user=bob Invalid user webmaster for user alice', 'user=<*> Invalid user <*> for user <*>'],
  ['session of (root) from root cause', 'session of (<*>) from root cause'],
  ['port 22 ssh2 over ipv6 on eth0', 'port <*> ssh2 over ipv6 on <*>'],
  ['订单12345创建成功，耗时：33毫秒', '订单<*>创建成功，耗时：<*>毫秒'],
  ['calculate time：16  time', 'calculate time：<*> time'],
  ['Заказ 55 создан', 'Заказ <*> создан'],
  ['boom\njava.lang.IllegalStateException: x\n\tat a.b.C(D.java:3)\n', 'boom java.lang.IllegalStateException <*>'],
  ['Traceback (most recent call last):\n  File "x.py", line 3\nValueError: bad', 'Traceback (most recent call last): ValueError <*>'],
  ['select *\n  from t', 'select * <*>'],
  ['ends with a newline\n', 'ends with a newline'],
];

test.each(messages)('message %j', (line, template) => {
  expect(explainLine(line).template).toBe(template);
});

test('explain says why a token is variable', () => {
  const { tokens, mask } = explainLine('took 5 ms in /tmp/x');
  expect(tokens).toContainEqual({ text: '5', class: 'variable', kind: 'number', why: 'a number or quantity' });
  expect(tokens).toContainEqual({ text: '/tmp/x', class: 'variable', kind: 'path', why: 'a path' });
  expect(tokens[0]).toEqual({ text: 'took', class: 'constant', kind: 'word', why: 'a word' });
  expect(mask).toBe('took <*> ms in <*>');
});
