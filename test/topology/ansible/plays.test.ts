import { describe, expect, it } from 'vitest';
import { createAnsibleReader } from '../../../src/topology/ansible/ansible.ts';
import { type Files, readAll } from '../../contracts/topology-reader.ts';
import { edgesOf } from './edges-of.ts';

describe('what plays, roles and tasks name', () => {
  const target = (source: string) => ({ 'roles/r/templates/t.j2': `x={{ ${source} }}\n` });
  it.each([
    [
      'precedence: role defaults below the inventory',
      { 'roles/r/defaults/main.yml': 't: "{{ groups.b[1] }}"\n', 'host_vars/a1.yml': 't: "{{ groups.b[0] }}"\n', ...target('t') },
      ['a1 DEPENDS_ON b1'],
    ],
    [
      'precedence: play variables below role variables',
      {
        'site.yml': '- hosts: a1\n  vars: { t: "{{ groups.b[1] }}" }\n  roles: [r]\n',
        'roles/r/vars/main.yml': 't: "{{ groups.b[0] }}"\n',
        ...target('t'),
      },
      ['a1 DEPENDS_ON b1'],
    ],
    [
      'precedence: parameters above role variables',
      {
        'site.yml': '- hosts: a1\n  roles: [{ role: r, t: "{{ groups.b[0] }}" }]\n',
        'roles/r/vars/main.yml': 't: "{{ groups.b[1] }}"\n',
        ...target('t'),
      },
      ['a1 DEPENDS_ON b1'],
    ],
    [
      'set_fact and its own former value',
      {
        'roles/r/tasks/main.yml':
          '- set_fact: { l: "{{ l | default([]) + [item] }}" }\n  with_items: "{{ groups.b }}"\n- template: { src: t.j2, dest: /x }\n',
        ...target('l | join(" ")'),
      },
      ['a1 DEPENDS_ON b1', 'a1 DEPENDS_ON b2.example.org'],
    ],
    [
      'conditions that do not hold',
      {
        'roles/r/tasks/main.yml': '- template: { src: t.j2, dest: /x }\n  when: inventory_hostname in groups.b\n',
        ...target('groups.b[0]'),
      },
      [],
    ],
    [
      'conditions that are not known',
      {
        'roles/r/tasks/main.yml': '- template: { src: t.j2, dest: /x }\n  when: ansible_os_family == "Debian" and "a1" in groups.a\n',
        ...target('groups.b[0]'),
      },
      ['a1 DEPENDS_ON b1'],
    ],
    [
      'blocks and included tasks',
      {
        'roles/r/tasks/main.yml': '- block:\n  - include_tasks: "setup-{{ ansible_os_family }}.yml"\n',
        'roles/r/tasks/setup-Debian.yml': '- command: join {{ groups.b[0] }} --port 6443\n',
      },
      ['a1 DEPENDS_ON b1:6443'],
    ],
    [
      'roles that roles depend on',
      { 'roles/r/meta/main.yml': 'dependencies: [{ role: base, t: "{{ groups.b[0] }}" }]\n', 'roles/base/templates/t.j2': '{{ t }}' },
      ['a1 DEPENDS_ON b1'],
    ],
    [
      'roles that tasks include',
      {
        'roles/r/tasks/main.yml': '- include_role: { name: base, tasks_from: other }\n  vars: { t: "{{ groups.b[0] }}" }\n',
        'roles/base/tasks/other.yml': '- copy: { content: "x={{ t }}", dest: /x }\n',
      },
      ['a1 DEPENDS_ON b1'],
    ],
    [
      'variables of a group, used or not',
      { 'group_vars/a.yml': 'db_host: b1\nqueue_url: amqp://mq.example.net/\ncolor: b1\n' },
      ['a1 DEPENDS_ON urn:ext:mq.example.net:5672', 'a1 DEPENDS_ON b1'],
    ],
    [
      'variables of all, where they are used',
      {
        'group_vars/all.yml': 'db_host: b1\ncache_host: b2.example.org\n',
        'roles/r/tasks/main.yml': '- mysql_db: { name: x, login_host: "{{ db_host }}" }\n',
      },
      ['a1 DEPENDS_ON b1'],
    ],
    [
      'who may come in',
      {
        'roles/r/tasks/main.yml':
          '- mysql_user: { name: x, host: "{{ item }}" }\n  with_items: "{{ groups.b }}"\n- lineinfile: { dest: /etc/hosts, line: "10.0.0.1 {{ groups.b[0] }}" }\n- ufw: { rule: allow, from_ip: "{{ groups.b[0] }}" }\n',
      },
      [],
    ],
    [
      'who is told to do it',
      {
        'roles/r/tasks/main.yml':
          '- command: drain {{ inventory_hostname }}\n  delegate_to: "{{ item }}"\n  with_items: "{{ groups.b }}"\n',
      },
      [],
    ],
    ['this machine', { 'host_vars/a1.yml': 'db_host: localhost\napi_url: http://127.0.0.1:80/\n' }, []],
  ] as const)('%s', async (_, files, edges) => {
    const found = await edgesOf({ 'roles/r/tasks/other.yml': '[]\n', ...files } as Files);
    expect(found).toEqual({ edges: [...edges], problems: [], complete: true });
  });

  it('finds every environment, each a scope', async () => {
    const observations = await readAll(createAnsibleReader(), {
      'inventories/prod/hosts': '[a]\na1\n[b]\nb1\n',
      'inventories/prod/group_vars/a.yml': 'db_host: b1\n',
      'inventories/stage/hosts.ini': '[a]\nx1\n',
      'inventory.example': '[a]\nnobody\n',
      'site.yml': '- hosts: a\n  tasks: []\n',
    });
    expect(observations.map(({ scope, edges }) => [scope, edges.length])).toEqual([
      ['the-scope/inventories/prod', 1],
      ['the-scope/inventories/stage/hosts.ini', 0],
    ]);
  });

  it('knows hosts by their addresses, except one that several share', async () => {
    const [observation] = await readAll(createAnsibleReader(), {
      hosts: 'a ansible_host=10.0.0.1\nb ansible_host=10.0.0.2\nc ansible_host=10.0.0.2\nlocalhost\n',
    });
    expect(observation?.resources.map(({ urn, aliases }) => [urn, aliases?.map(({ kind, alias }) => `${kind} ${alias}`)])).toEqual([
      ['urn:host:a', ['ip 10.0.0.1', 'host a']],
      ['urn:host:b', ['host b']],
      ['urn:host:c', ['host c']],
    ]);
  });
});
