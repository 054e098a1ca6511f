import { createServer, type IncomingMessage } from 'node:http';

/** What is put in an answer: text, numbers, lists and objects by the names that AWS uses. */
export type Value = string | number | boolean | readonly Value[] | { readonly [name: string]: Value };

/** What the server says to one action: the content of the answer, or a refusal. */
export type Answer = { readonly [name: string]: Value } | Refusal;

export class Refusal {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    this.status = status;
    this.code = code;
  }
}

/** One call: the action, the region that it was signed for, and what it asks. */
export interface Asked {
  readonly action: string;
  readonly region: string;
  readonly input: Readonly<Record<string, string>>;
}

/** A server on the loopback that speaks the four wire formats of the services that are read, and remembers what it was asked. */
export interface AwsServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly asked: Asked[];
}

/** Starts a server; actions without an answer get an empty one. */
export async function startAws(answer: (asked: Asked) => Answer | undefined): Promise<AwsServer> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const [, region = '', service = ''] = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    const target = /\.(\w+)$/.exec(String(request.headers['x-amz-target'] ?? ''))?.[1];
    const form = Object.fromEntries(new URLSearchParams(body));
    const path = /event-source-mappings/.test(url.pathname) ? 'ListEventSourceMappings' : 'ListFunctions';
    const action = target ?? form.Action ?? path;
    const input = target === undefined ? { ...Object.fromEntries(url.searchParams), ...form } : JSON.parse(body);
    const call = { action, region, input };
    asked.push(call);
    const said = answer(call) ?? {};
    const isJson = service === 'lambda' || service === 'config';
    response.setHeader('content-type', isJson ? 'application/json' : 'text/xml');
    if (said instanceof Refusal) {
      const { status, code } = said;
      if (isJson) response.setHeader('x-amzn-errortype', code);
      const words = 'arn:aws:iam::123456789012:user/reader may not; token hunter2-secret';
      const xml = `<Error><Code>${code}</Code><Message>${words}</Message></Error>`;
      const wrapped = service === 'ec2' ? `<Response><Errors>${xml}</Errors></Response>` : `<ErrorResponse>${xml}</ErrorResponse>`;
      response.writeHead(status).end(isJson ? JSON.stringify({ __type: code, message: words }) : wrapped);
    } else if (isJson) {
      response.end(JSON.stringify(said));
    } else {
      const result = toXml(said, service === 'ec2');
      const inner = service === 'ec2' ? result : `<${action}Result>${result}</${action}Result>`;
      response.end(`<${action}Response>${inner}</${action}Response>`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (!address || typeof address !== 'object') throw new Error('no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of request.setEncoding('utf8')) body += piece;
  return body;
}

/** What RDS calls the elements of its lists. */
const ELEMENTS: Readonly<Record<string, string>> = {
  ...{ DBClusters: 'DBCluster', DBInstances: 'DBInstance', DBClusterMembers: 'DBClusterMember' },
  VpcSecurityGroups: 'VpcSecurityGroupMembership',
};

/** EC2 begins names with a small letter and calls elements of lists `item`; the others have `member`, RDS names of its own. */
function toXml(value: Value, isEc2: boolean, element = 'member'): string {
  if (typeof value !== 'object') return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  if (isList(value)) return value.map((one) => `<${element}>${toXml(one, isEc2)}</${element}>`).join('');
  return Object.entries(value)
    .map(([name, inner]) => {
      const tag = isEc2 ? name.charAt(0).toLowerCase() + name.slice(1) : name;
      return `<${tag}>${toXml(inner, isEc2, isEc2 ? 'item' : ELEMENTS[name])}</${tag}>`;
    })
    .join('');
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
