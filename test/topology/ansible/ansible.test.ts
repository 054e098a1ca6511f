import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../src/core/observation.ts';
import { createAnsibleReader } from '../../../src/topology/ansible/ansible.ts';
import { createDirectoryTree } from '../../../src/topology/tree-directory.ts';
import { type Files, topologyReaderContract } from '../../contracts/topology-reader.ts';

const DATA = join(import.meta.dirname, '../../../../shared/data/topology/ansible');

const balancer: Files = {
  hosts: '[web]\nw1 ansible_host=10.0.0.11\nw2 ansible_host=10.0.0.12\n[lb]\nlb1\n',
  'site.yml': '- hosts: lb\n  roles: [proxy]\n',
  'group_vars/all.yml': 'web_port: 8080\n',
  'roles/proxy/tasks/main.yml': '- template: src=haproxy.cfg.j2 dest=/etc/haproxy/haproxy.cfg\n',
  'roles/proxy/templates/haproxy.cfg.j2':
    'backend app\n{% for h in groups.web %}\n  server {{ h }} {{ hostvars[h].ansible_host }}:{{ web_port }}\n{% endfor %}\n',
};
const routes = ['urn:host:lb1 ROUTES_TO urn:host:w1', 'urn:host:lb1 ROUTES_TO urn:host:w2'];
const SECRET = 's3cr3t-value-of-a-person';

function hugeTree(): Files {
  const tasks = Array.from({ length: 40 }, (_, index) => `- template: { src: t${index}.j2, dest: /etc/t${index} }\n`).join('');
  const templates = Array.from({ length: 40 }, (_, index): [string, string] => [
    `roles/many/templates/t${index}.j2`,
    `{% for h in groups.back %}\npeer{{ loop.index }}={{ hostvars[h].ansible_host }}:${1000 + index}\n{% endfor %}\n`,
  ]);
  return {
    hosts: '[front]\nf[1:100] ansible_host=front.example.org\n[back]\nb[1:50]\n',
    'site.yml': '- hosts: front\n  roles: [many]\n',
    'roles/many/tasks/main.yml': tasks,
    ...Object.fromEntries(templates),
  };
}

topologyReaderContract('ansible', {
  create: () => createAnsibleReader(),
  complete: { files: balancer, observations: [{ scope: 'the-scope/hosts', edges: routes }] },
  partial: {
    files: { ...balancer, 'roles/proxy/templates/broken.j2': '{% for %}\n' },
    broken: 'roles/proxy/templates/broken.j2',
    edges: routes,
    sameScope: true,
  },
  empty: { files: { hosts: '# nobody yet\n', 'site.yml': '- hosts: all\n  tasks: []\n' }, scopes: 1 },
  corrupt: {
    'an inventory': { files: { ...balancer, hosts: '[web\nw1 x\n' }, file: 'hosts', reason: /line 1/ },
    'a playbook': { files: { ...balancer, 'site.yml': '- hosts: [\n' }, file: 'site.yml', reason: /YAML/ },
    'a file of variables': { files: { ...balancer, 'group_vars/all.yml': '- a\n' }, file: 'group_vars/all.yml', reason: /mapping/ },
    'tasks that are no text': { files: { ...balancer, 'roles/proxy/tasks/main.yml': '- a: "\ud800' }, file: 'roles/proxy/tasks/main.yml' },
  },
  unsupported: {
    'a dynamic inventory': { files: { ...balancer, hosts: '#!/usr/bin/env python\n' }, file: 'hosts', reason: /never executed/ },
    'a template that extends another': {
      files: { ...balancer, 'roles/proxy/templates/haproxy.cfg.j2': '{% extends "base.j2" %}\n' },
      file: 'roles/proxy/templates/haproxy.cfg.j2',
      reason: /extends/,
    },
  },
  huge: { files: hugeTree(), edges: 5000, seconds: 30, rssMb: 400 },
  secrets: {
    files: {
      ...balancer,
      'group_vars/lb.yml':
        `password: ${SECRET}\nupstream_url: http://user:${SECRET}@w1:8080/\ntoken_url: "https://api.example.org/?token=${SECRET}"\n` +
        `db_servers: [{ address: 10.9.9.9, password: dotted.${SECRET}.pw }]\nsql_dsn: Server=10.9.9.8;Password=dotted.${SECRET}.pw\n` +
        `odd_url: redis://u:pa@dotted.${SECRET}.pw@10.9.9.7/\nodder_url: redis://u:pa/dotted.${SECRET}.pw@10.9.9.6/\n`,
      'group_vars/web.yml': `key: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162${'63'.repeat(20)}\n`,
      'roles/proxy/templates/other.j2': 'password={{ password }}\nurl={{ upstream_url }}\n',
    },
    values: [SECRET, '63'.repeat(20)],
    edges: [
      ...routes,
      'urn:host:lb1 DEPENDS_ON urn:ext:api.example.org',
      'urn:host:lb1 DEPENDS_ON urn:host:w1',
      'urn:host:lb1 DEPENDS_ON urn:ext:10.9.9.9',
      'urn:host:lb1 DEPENDS_ON urn:db:redis:10.9.9.7/unknown',
    ],
  },
});

async function readDirectory(path: string): Promise<Observation[]> {
  const tree = createDirectoryTree(path);
  const { signal } = new AbortController();
  const observations: Observation[] = [];
  for await (const each of createAnsibleReader().read({ tree, files: await tree.files(signal), scope: 's', signal }))
    observations.push(each);
  return observations;
}

describe.skipIf(!existsSync(DATA))('real trees (need ../shared/data)', () => {
  it('routes lb1 to web1 and web2 on port 80 from the inventory alone', async () => {
    const [observation] = await readDirectory(join(DATA, 'lamp_haproxy'));
    const evidence = { file: 'roles/haproxy/templates/haproxy.cfg.j2', line: 38, rule: "groups['webservers']" };
    const edge = (dst: string) => ({ src: 'urn:host:lb1', dst, relation: 'ROUTES_TO', attrs: { port: 80 }, evidence });
    expect(observation?.edges).toEqual([edge('urn:host:web1'), edge('urn:host:web2')]);
    expect(observation?.complete).toBe(true);
    expect(observation?.problems.map(({ text }) => text)).toEqual(['site.yml uses the role nagios, which is not in the tree.']);
  });

  it('routes a balancer to both servers that the variables of a missing role name', async () => {
    const [observation] = await readDirectory(join(DATA, 'deployments-balancer'));
    expect(observation?.edges).toMatchObject(
      ['3', '4'].map((last) => ({
        ...{ src: 'urn:host:192.168.56.2', dst: `urn:host:192.168.56.${last}`, relation: 'ROUTES_TO', attrs: { port: 80 } },
        evidence: { file: 'playbooks/provision.yml', line: 23, rule: 'variable haproxy_backend_servers' },
      })),
    );
    expect(observation?.complete).toBe(true);
  });
});
