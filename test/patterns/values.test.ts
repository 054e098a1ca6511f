import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explainLine } from '../../src/patterns/explain.ts';
import { createMiner } from '../../src/patterns/miner.ts';

const templateOf = (line: string) => explainLine(line).template;

/** Lines of a group have one template, which is the first entry. */
const groups: Readonly<Record<string, readonly string[]>> = {
  Chinese: ['订单<*>创建成功，耗时<*>毫秒', '订单12创建成功，耗时5毫秒', '订单90881创建成功，耗时3.25毫秒'],
  'Chinese with quotes': ['用户“<*>”不存在', '用户“张三”不存在', '用户“李四光”不存在'],
  'ASCII quotes in Chinese': ['用户"<*>"不存在', '用户"张三"不存在', '用户"bob"不存在'],
  Japanese: ['注文<*>で「<*>」が不足', '注文12で「紙」が不足', '注文345で「インク」が不足'],
  Thai: ['คำสั่งซื้อ<*>สำเร็จ', 'คำสั่งซื้อ12สำเร็จ', 'คำสั่งซื้อ345สำเร็จ', 'คำสั่งซื้อ๑๒สำเร็จ'],
  Korean: ['주문 <*>건 완료', '주문 12건 완료', '주문 345건 완료'],
  Arabic: ['تم إنشاء الطلب <*> بنجاح', 'تم إنشاء الطلب 55 بنجاح', 'تم إنشاء الطلب ٥٥ بنجاح'],
  Hebrew: ['הזמנה <*> נוצרה', 'הזמנה 5 נוצרה', 'הזמנה 77 נוצרה'],
  emoji: ['🚀 deployed <*> pods', '🚀 deployed 3 pods', '🚀 deployed 12 pods'],
  'quoted values of keys': ['open name="<*>" mode=\'<*>\'', 'open name="a b" mode=\'r\'', 'open name="c" mode=\'rw x\''],
  'quoted paths': ['cannot read "<*>" now', 'cannot read "/srv/my files/a" now', 'cannot read "C:\\my files\\b" now'],
  paths: ['load <*> and <*>', 'load /etc/a.conf and ~/b', 'load C:\\x\\y.ini and \\\\nas\\share'],
  URLs: ['call <*> now', 'call https://a.example/b?c=d&e=5#f now', 'call redis://10.0.0.1:6379/0 now'],
  'e-mails': ['mail to <*> sent', 'mail to ann@a.example sent', 'mail to bob.b+c@b.example sent'],
  'UUIDs and hashes': [
    'blob <*> kept',
    'blob 123e4567-e89b-12d3-a456-426614174000 kept',
    'blob 9f86d081884c7d65 kept',
    'blob sha256:9f86d081884c7d659a2feaa0c55ad015 kept',
    'blob deadbeef kept',
  ],
  base64: [
    'key <*> used',
    'key SGVsbG8gd29ybGQhIFRoaXM= used',
    'key QUJDREVGRw== used',
    'key eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln used',
  ],
  addresses: [
    'from <*> on',
    'from 10.0.0.1 on',
    'from 10.0.0.1:443 on',
    'from fe80::1ff:fe23:4567:890a on',
    'from ::1 on',
    'from 00:1a:2b:3c:4d:5e on',
  ],
  'durations and sizes': [
    'took <*> for <*>',
    'took 5.3ms for 10MiB',
    'took 1h2m3s for 1,234',
    'took 12µs for 1,234,567',
    'took 3s for 5GB',
  ],
  versions: ['running <*> now', 'running v1.2.3-rc.1 now', 'running 1.2.3 now', 'running 10.4 now'],
  numbers: [
    'value <*> read',
    'value 5 read',
    'value -3.2E+10 read',
    'value 0xdeadbeef read',
    'value 1.5e-7 read',
    'value 95% read',
    'value +5 read',
  ],
  booleans: ['ready=<*> now', 'ready=true now', 'ready=false now', 'ready=null now'],
  'lists in square brackets': [
    'took ids [<*>] away',
    'took ids [5] away',
    'took ids [5, 6] away',
    'took ids [5,6,7] away',
    'took ids [5 6 7 8] away',
  ],
  'lists in other brackets': ['where id in (<*>)', 'where id in (5)', 'where id in (5, 6)', 'where id in (5,6,7)'],
  'rows with commas': [
    'ids: <*>',
    'ids: 5, 6, 7',
    'ids: 5, 6, 7, 8',
    'ids: 1,2,3,4,5',
    `ids: ${Array.from({ length: 30 }, (_, at) => at).join(', ')}`,
  ],
  'long rows': ['sums <*> end', `sums ${'5 '.repeat(9)}end`, `sums ${'5 '.repeat(10)}end`, `sums ${'5 '.repeat(25)}end`],
  'lists of objects': [
    'got {"items":[{"x":<*>}]}',
    'got {"items":[{"x":1}]}',
    'got {"items":[{"x":1},{"x":2}]}',
    'got {"items":[{"x":1}, {"x":2}, {"x":3}]}',
  ],
  'compact JSON': ['paid <*> {amount, id}', '{"msg":"paid 5","id":1,"amount":2.5}', '{"amount":7,"id":"x","msg":"paid 6"}'],
  'JSON without a message': ['{a, b}', '{"a":1,"b":[1,2]}', '{"b":{"c":5},"a":null}'],
  'JSON in a message': [
    'sent {"id":<*>,"ok":<*>,"to":"<*>"} off',
    'sent {"id":1,"ok":true,"to":"ann"} off',
    'sent {"id":22,"ok":false,"to":"bob b"} off',
  ],
  'key=value pairs': ['done id=<*> user=<*> ms=<*>', 'done id=5 user=u77 ms=1.5', 'done id=a-1 user=x_9 ms=20'],
  'stack traces': [
    'Request failed java.io.IOException <*>',
    'Request failed\njava.io.IOException: gone 5\n\tat a.B.c(B.java:5)\n\tat a.B.d(B.java:9)',
    'Request failed\njava.io.IOException: away\n\tat a.C.e(C.java:7)\nCaused by: x.Y: z\n\t... 12 more',
  ],
  'Python tracebacks': [
    'Traceback (most recent call last): KeyError <*>',
    'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    g()\nKeyError: 5',
    'Traceback (most recent call last):\n  File "b.py", line 9, in h\n    i(1)\n  File "c.py", line 2, in i\nKeyError: \'x\'',
  ],
  'Go panics': [
    'panic: index <*> out of range <*>',
    'panic: index 5 out of range\n\ngoroutine 1 [running]:\nmain.main()\n\t/a/b.go:5',
    'panic: index 7 out of range\n\ngoroutine 12 [running]:\nmain.f(0x5)\n\t/a/c.go:9',
  ],
  'Node errors': [
    'TypeError: x is not a function <*>',
    'TypeError: x is not a function\n    at a (/b.js:5:1)',
    'TypeError: x is not a function\n    at c (/d.js:7:2)\n    at e',
  ],
};

describe('lines that differ only in values share a template', () => {
  test.each(Object.entries(groups))('%s', (_, [template, ...lines]) => {
    expect(new Set(lines.map(templateOf))).toEqual(new Set([template]));
  });
});

const pairs: readonly (readonly [string, string])[] = [
  ['用户登录成功', '用户登录失败'],
  ['disk is full', 'disk is empty'],
  ['cannot open: no such file', 'cannot open: no permission'],
  ['java.io.IOException: gone', 'java.net.SocketException: gone'],
  ['Request failed\njava.io.IOException: x\n\tat a', 'Request failed\njava.lang.NullPointerException: x\n\tat a'],
  ['Request failed', 'Request failed\njava.io.IOException: x'],
  ['{"msg":"paid","id":1}', '{"msg":"paid","id":1,"to":"x"}'],
  ['{"msg":"paid 1"}', '{"msg":"sent 1"}'],
  ['10.0.0.1 - - [14/Mar/2024:09:15:02 +0000] "GET / HTTP/1.1" 200 5', '10.0.0.1 - - [14/Mar/2024:09:15:02 +0000] "GET / HTTP/1.1" 500 5'],
  ['10.0.0.1 - - [14/Mar/2024:09:15:02 +0000] "GET / HTTP/1.1" 200 5', '10.0.0.1 - - [14/Mar/2024:09:15:02 +0000] "PUT / HTTP/1.1" 200 5'],
  ['open(5) failed', 'close(5) failed'],
  ['session opened for user root', 'session closed for user root'],
  ['over ipv4 only', 'over ipv6 only'],
  ['using sha256 sums', 'using md5 sums'],
  ['set(<*>, <*>)', 'set(<*>, <*>, <*>)'],
];

test.each(pairs)('%j and %j stay apart', (one, other) => {
  expect(templateOf(one)).not.toBe(templateOf(other));
});

const odd = [
  '\ufffd\ufffd',
  '\u0000',
  '\ud800',
  '\u001a',
  '<*>',
  '"',
  "'",
  '[',
  ']',
  '(',
  ')',
  '{',
  '}',
  ',',
  ', ',
  '=',
  ':',
  '::',
  '://',
  '|',
  '.',
  '!',
  '<',
  '>',
  '-',
  '#',
];
const values = [
  '5',
  '1,234',
  '10.0.0.1',
  'fe80::1',
  '/a/b',
  'C:\\x',
  'a@b.example',
  'ab12',
  'true',
  'root',
  '12:30:05',
  '2024-03-14 09:15:02',
  'QUJDREVGRw==',
  'eth0',
  '5ms',
];
const words = [
  'user',
  'for',
  'failed',
  'GET',
  'msg',
  'name',
  'IOException',
  'main.go',
  'KB',
  '订单',
  'ที่',
  'né',
  '🚀',
  'Jan',
  '“',
  '”',
  '「',
  '」',
];
const piece = fc.oneof(
  fc.constantFrom(...odd),
  fc.constantFrom(...values),
  fc.constantFrom(...words),
  fc.constant(' '),
  fc.string({ maxLength: 6 }),
);
const message = fc.array(piece, { minLength: 1, maxLength: 24 }).map((parts) => `say ${parts.join('')}`.replace(/[\r\n]/g, ' '));

test('the template of a template is the template', () => {
  fc.assert(
    fc.property(message, (line) => {
      const template = templateOf(line);
      expect(templateOf(template)).toBe(template);
    }),
    { numRuns: 2000 },
  );
});

test('what was read before a line does not change its pattern', () => {
  const used = createMiner();
  fc.assert(
    fc.property(fc.oneof(message, fc.constantFrom(...Object.values(groups).flat())), (line) => {
      const { template, severity } = used.pattern(used.code(line));
      expect({ template, severity }).toEqual({ template: templateOf(line), severity: explainLine(line).severity });
    }),
    { numRuns: 500 },
  );
});
