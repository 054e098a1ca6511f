import { toWords } from './resource-type.ts';

/** What the name of an attribute says about its value. */
export interface KeyFacts {
  /** In `snake_case`. */
  readonly words: string;
  /** What it refers to: `source_security_group_ids` to a `source_security_group`; empty when it is no reference by its name. */
  readonly noun: string;
  /** It describes the resource for people, or is its own name. */
  readonly isOwn: boolean;
  readonly isLabels: boolean;
  readonly isIndex: boolean;
  readonly isSecret: boolean;
  /** Holds an address under which the resource itself answers. */
  readonly isAddress: boolean;
  /** Holds parts of the resource, which have addresses of their own. */
  readonly hasAddresses: boolean;
}

const OWN =
  /^(tags|tags_all|labels|effective_labels|terraform_labels|pulumi_labels|annotations|description|timeouts|id|urn|arn|self_link|name)$/;
const SECRET =
  /(^|_)(pass(word|wd|phrase)?|pwd|secret|token|credentials?|private_key|api_?key|access_key|auth|salt|signature|connection_strings?)(_|$)/;
const ADDRESS =
  /^(endpoint|.*_endpoint|.*endpoint_address|address|dns_name|.*_dns_name|private_ip|public_ip|private_dns|public_dns|fqdn|.*_fqdn|hostname|default_(site_)?hostname|host|.*ip_address|ipv[46]_address|network_ip|nat_ip|domain_name|.*_domain_name|connection_string|connection_domain|bootstrap_brokers(_.*)?|cluster_address|primary_.*_host)$/;
const ADDRESSED = /^(cache_nodes|network_interfaces?|access_configs?|ip_addresses|cluster_nodes)$/;
const REFERENCE =
  /(^|_)(role|bucket|cluster|topic|queue|function|network|subnetwork|subnet|vpc|vswitch|instance|user|group|policy|database|server|table|repository|account|plan|pool|service|gateway|listener|volume|disk|stream|distribution|registry|vault|app|application|node|broker|certificate|template|definition|api|bus|firewall|router|image|snapshot|lb|elb|alb|load_balancer|profile|project|environment|domain|namespace|map|target|proxy)$/;

const MAX_KNOWN = 20_000;
const known = new Map<string, KeyFacts>();

/** What the name of an attribute says; remembered, because documents use the same few names for all their resources. */
export function factsOfKey(key: string): KeyFacts {
  const before = known.get(key);
  if (before) return before;
  const words = toWords(key);
  const bare = words
    .replace(/_(id|ids|arn|arns|name|names|identifier|identifiers|ref|refs|self_link|url|uri)$/, '')
    .replace(/(?<=[^su])s$/, '');
  const facts: KeyFacts = {
    words,
    noun: REFERENCE.test(bare) ? bare : '',
    isOwn: OWN.test(words),
    isLabels: /^(tags|tags_all|labels|annotations)$/.test(words),
    isIndex: /^\d+$/.test(key),
    isSecret: SECRET.test(words),
    isAddress: ADDRESS.test(words),
    hasAddresses: ADDRESSED.test(words),
  };
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(key, facts);
  return facts;
}
