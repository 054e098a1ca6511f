import { createAnsibleReader } from '../../../src/topology/ansible/ansible.ts';
import { type Files, listEdges, readAll } from '../../contracts/topology-reader.ts';

/** Edges of a tree with one role `r` on `a1`; groups a (a1, a2) and b (b1, b2). */
export async function edgesOf(files: Files): Promise<{ edges: string[]; problems: string[]; complete: boolean }> {
  const [observation] = await readAll(createAnsibleReader(), {
    hosts: '[a]\na1\na2\n[b]\nb1 ansible_host=10.0.0.1\nb2.example.org\n',
    'site.yml': '- hosts: a1\n  roles: [r]\n',
    ...files,
  });
  const ports = new Map(observation?.edges.map((edge) => [`${edge.src} ${edge.relation} ${edge.dst}`, edge.attrs?.port]));
  return {
    edges: listEdges(observation ? [observation] : []).map((edge) => {
      const port = ports.get(edge);
      const short = edge.replaceAll('urn:host:', '');
      return port === undefined ? short : `${short}:${port}`;
    }),
    problems: observation?.problems.map(({ text, hides }) => `${hides ? '! ' : ''}${text}`) ?? [],
    complete: observation?.complete ?? false,
  };
}
