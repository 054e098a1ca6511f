import { describe, expect, it } from 'vitest';
import { createAnsibleReader } from '../../../src/topology/ansible/ansible.ts';
import { type Files, readAll } from '../../contracts/topology-reader.ts';
import { edgesOf } from './edges-of.ts';

const inTemplate = (text: string, name = 'app.conf.j2', more: Files = {}) => edgesOf({ [`roles/r/templates/${name}`]: text, ...more });

describe('what a template names', () => {
  it.each([
    ['a group', "x={{ groups['b'] | join(',') }}", 'app.conf.j2', ['a1 DEPENDS_ON b1', 'a1 DEPENDS_ON b2.example.org']],
    ['its first host', 'x={{ groups.b[0] }}:99', 'app.conf.j2', ['a1 DEPENDS_ON b1:99']],
    ['a fact', "x={{ hostvars['b1'].ansible_eth0.ipv4.address }}", 'app.conf.j2', ['a1 DEPENDS_ON b1']],
    [
      'a fact by a name that is a fact',
      "x={{ hostvars['b1']['ansible_' + ansible_default_ipv4.interface]['ipv4']['address'] }}",
      'a.j2',
      ['a1 DEPENDS_ON b1'],
    ],
    ['an address', 'x=10.0.0.1:5432', 'app.conf.j2', ['a1 DEPENDS_ON b1:5432']],
    [
      'a mapped list',
      "x={{ groups.b | map('extract', hostvars, 'ansible_host') | join(' ') }}",
      'a.j2',
      ['a1 DEPENDS_ON b1', 'a1 DEPENDS_ON b2.example.org'],
    ],
    [
      'a formatted list',
      "x={{ groups.b | map('regex_replace', '$', ':2181') | join(',') }}",
      'a.j2',
      ['a1 DEPENDS_ON b1:2181', 'a1 DEPENDS_ON b2.example.org:2181'],
    ],
    ['peers', '{% for h in groups.a if h != inventory_hostname %}{{ h }}{% endfor %}', 'a.j2', ['a1 DEPENDS_ON a2']],
    [
      'both sides of what is not known',
      "{% if ansible_distribution == 'X' %}{{ groups.b[0] }}{% else %}{{ groups.b[1] }}{% endif %}",
      'a.j2',
      ['a1 DEPENDS_ON b1', 'a1 DEPENDS_ON b2.example.org'],
    ],
    ['a macro', '{% macro m(h, p=1) %}{{ h }}:{{ p }}{% endmacro %}{{ m(groups.b[0], p=7) }}', 'a.j2', ['a1 DEPENDS_ON b1:7']],
    [
      'a list that is built',
      '{% set l = [] %}{% for h in groups.b %}{% do l.append(h ~ ":9") %}{% endfor %}{{ l | join(",") }}',
      'a.j2',
      ['a1 DEPENDS_ON b1:9', 'a1 DEPENDS_ON b2.example.org:9'],
    ],
    ['a connection', 'jdbc:mysql://db.example.net:3307/shop', 'a.j2', ['a1 DEPENDS_ON urn:db:mysql:db.example.net/shop:3307']],
    ['the next line', '.host = "{{ groups.b[0] }}";\n.port = "81";', 'default.vcl.j2', ['a1 DEPENDS_ON b1:81']],
    ['nginx', 'upstream u {\n server {{ groups.b[0] }}:8080;\n}', 'nginx.conf.j2', ['a1 ROUTES_TO b1:8080']],
    ['a log of a balancer', 'log {{ groups.b[0] }}:514 local0', 'haproxy.cfg.j2', ['a1 DEPENDS_ON b1:514']],
    ['itself', 'x={{ inventory_hostname }} {{ ansible_host }} {{ ansible_default_ipv4.address }}', 'a.j2', []],
    ['a comment', '# {{ groups.b[0] }}\n{# {{ groups.b[1] }} #}', 'a.j2', []],
    ['membership', '{% if inventory_hostname in groups.b %}x{% endif %}{% if "b1" in groups["b"] %}y{% endif %}', 'a.j2', []],
    ['an allow list', 'allowed_hosts={{ groups.b | join(",") }}\nallow {{ groups.b[0] }};\nRequire ip {{ groups.b[0] }}', 'a.conf.j2', []],
    [
      'a list that allows',
      'trusted_hosts:\n{% for h in groups.b %}\n  - {{ h }}\n{% endfor %}\nx: {{ groups.b[1] }}',
      'a.yml.j2',
      ['a1 DEPENDS_ON b2.example.org'],
    ],
    ['a firewall', '-A INPUT -s {{ groups.b[0] }} -j ACCEPT', 'iptables.j2', []],
    ['the file of hosts', '{% for h in groups.b %}10.0.0.1 {{ h }}\n{% endfor %}', 'hosts.j2', []],
    ['raw text', '{% raw %}{{ groups.b[0] }}{% endraw %}', 'a.j2', []],
  ])('%s', async (_, text, name, edges) => {
    expect(await inTemplate(text, name)).toEqual({ edges, problems: [], complete: true });
  });

  it('gives the line of the template, whatever is cut out around it', async () => {
    const text =
      '{# one\ntwo #}\n{%- set x = 1 -%}\n\nfour={{ x }}\n{% raw %}\n{{\n{% endraw %}\n{% if x %}\nten={{ groups.b[0] }}\n{% endif %}\n';
    const [observation] = await readAll(createAnsibleReader(), {
      hosts: '[a]\na1\n[b]\nb1\n',
      's.yml': '- hosts: a\n  roles: [r]\n',
      'roles/r/templates/x.j2': text,
    });
    expect(observation?.edges.map(({ evidence }) => evidence)).toEqual([{ file: 'roles/r/templates/x.j2', line: 10, rule: "groups['b']" }]);
  });

  it.each([
    [
      'lookups',
      "{{ lookup('pipe', 'touch /tmp/x') }}{{ groups.b[0] }}",
      ['roles/r/templates/a.j2 uses the lookup pipe, which is never executed.'],
      true,
    ],
    [
      'an unknown filter of an address',
      '{{ groups.b[0] | frobnicate }}',
      ['! roles/r/templates/a.j2 uses the filter frobnicate, which is not evaluated.'],
      false,
    ],
    [
      'an unknown filter of something else',
      '{{ 5 | frobnicate }}',
      ['roles/r/templates/a.j2 uses the filter frobnicate, which is not evaluated.'],
      true,
    ],
    ['syntax', '{{ a b }}', ['! roles/r/templates/a.j2 has template syntax that is not understood.'], false],
    ['a tag without end', 'x\n{{ a', ['! roles/r/templates/a.j2 has a template tag that does not end, at line 2.'], false],
    [
      'a loop in a loop in a loop',
      '{% for a in range(9999) %}{% for b in range(9999) %}{{ a * b }}{% endfor %}{% endfor %}',
      ['! roles/r/templates/a.j2 takes more steps to evaluate than are allowed.'],
      false,
    ],
    [
      'text that doubles',
      '{% set ns = namespace(x="ab") %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}',
      ['! roles/r/templates/a.j2 makes more text than is allowed.'],
      false,
    ],
    [
      'a macro that calls itself',
      '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
      ['! roles/r/templates/a.j2 nests deeper than is evaluated.'],
      false,
    ],
    [
      'nested brackets',
      `{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`,
      ['! roles/r/templates/a.j2 has template syntax that is not understood.'],
      false,
    ],
  ])('reports %s', async (_, text, problems, complete) => {
    const found = await inTemplate(text, 'a.j2');
    expect(found.problems).toEqual(problems);
    expect(found.complete).toBe(complete);
  });

  it.each([
    ["{{ ''.__class__.__mro__ }}"],
    ['{{ groups.constructor.constructor("return 1")() }}'],
    ['{{ {}.__proto__.x }}{{ [].constructor }}{{ hostvars.__proto__ }}'],
    ["{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' | regex_replace('(a+)+$', '') }}"],
    ["{{ 'x' * 999999999 }}{{ 9 ** 9 ** 9 }}{{ 'a' | indent(999999999) }}"],
  ])('comes to nothing with %s', async (text) => {
    const found = await inTemplate(text, 'a.j2');
    expect(found.edges).toEqual([]);
  });

  it('reads the templates that a template includes or imports macros from', async () => {
    const found = await inTemplate('{% import "macros.j2" as m %}{% include "part.j2" %}{{ m.server(groups.b[1]) }}', 'a.j2', {
      'roles/r/tasks/main.yml':
        '- template: { src: a.j2, dest: /etc/a }\n- template: { src: "{{ item }}", dest: /x }\n  loop: [macros.j2, part.j2]\n  when: false\n',
      'roles/r/templates/part.j2': 'a={{ groups.b[0] }}\n',
      'roles/r/templates/macros.j2': '{% macro server(h) %}{{ h }}:77{% endmacro %}',
    });
    expect(found.edges).toEqual(['a1 DEPENDS_ON b1', 'a1 DEPENDS_ON b2.example.org:77']);
  });
});
