import { azureIdentity, googleIdentity } from './cloud-identity.ts';
import type { DocumentResource } from './document-resource.ts';
import { factsOfKey } from './key-facts.ts';
import { isTelling, type Mention } from './mention.ts';

/** A resource of a document together with the URN under which it is known. */
export interface Known {
  readonly resource: DocumentResource;
  readonly urn: string;
}

/** Finds the one resource that a mention means, never the mentioning one itself; undefined when there is none or it is not certain. */
export type FindMentioned = (mention: Mention, by: Known) => Known | undefined;

/**
 * Finds resources by id, ARN, self link, address or name. What could be equal by chance, such as `main`, counts only where the attribute names the
 * type of the resource, as `subnet_group_name` does.
 */
export function indexMentions(known: readonly Known[]): FindMentioned {
  const byName = new Map<string, Known[]>();
  const byAddress = new Map<string, Known[]>();
  for (const one of known) {
    const { id, arn, selfLink, names, aliases, isComponent } = one.resource;
    if (isComponent) continue;
    for (const name of new Set([id, arn, selfLink, ...names])) if (name) put(byName, canonical(name), one);
    for (const { kind, alias } of aliases) if (kind === 'dns' || kind === 'ip') put(byAddress, alias, one);
  }
  return ({ value, attribute }, by) => {
    const key = canonical(value);
    const found = others(byName.get(key), by);
    const telling = isTelling(key);
    if (telling && found.length < 2) return found[0];
    const noun = factsOfKey(attribute.slice(attribute.lastIndexOf('.') + 1)).noun;
    const meant = onlyOne(nearest(found, noun), by) ?? (telling ? onlyOne(shortest(found), by) : undefined);
    if (meant || telling) return meant;
    return onlyOne(shortest(others(byAddress.get(key.toLowerCase()), by)), by);
  };
}

const NONE: readonly Known[] = [];

function others(found: readonly Known[] | undefined, by: Known): readonly Known[] {
  return found?.filter(({ urn }) => urn !== by.urn) ?? NONE;
}

function put(index: Map<string, Known[]>, key: string, known: Known): void {
  const list = index.get(key);
  if (!list) index.set(key, [known]);
  else if (list[list.length - 1] !== known) list.push(known);
}

/** One spelling for the ways to write one id. */
function canonical(text: string): string {
  if (text.startsWith('arn:')) {
    const invoked = /:functions?[/:](arn:[a-z-]+:lambda:[^/]+)\/invocations$/.exec(text)?.[1] ?? text;
    return invoked.replace(/^(arn:[a-z-]+:lambda:[^:]*:[^:]*:function:[^:]+):.*$/, '$1');
  }
  if (text.startsWith('/subscriptions/')) return azureIdentity(text, null)?.id ?? text;
  if (text.includes('googleapis.com/') || text.startsWith('projects/')) return googleIdentity(text, '')?.id ?? text;
  return text;
}

/** Those whose type the noun of the attribute names best: exactly, by its last words, or with more words than the type has. */
function nearest(found: readonly Known[], noun: string): readonly Known[] {
  if (noun === '') return [];
  const ways = [(type: string) => type === noun, (type: string) => type.endsWith(`_${noun}`), (type: string) => noun.endsWith(`_${type}`)];
  for (const fits of ways) {
    const fitting = found.filter(({ resource }) => fits(resource.type.noun));
    if (fitting.length > 0) return fitting;
  }
  return [];
}

/** Parts of a thing share its id and have longer names: `s3_bucket` is the thing, `s3_bucket_policy` a part. */
function shortest(found: readonly Known[]): readonly Known[] {
  if (found.length < 2) return found;
  const length = Math.min(...found.map(({ resource }) => resource.type.noun.length));
  return found.filter(({ resource }) => resource.type.noun.length === length);
}

function onlyOne(found: readonly Known[], by: Known): Known | undefined {
  if (found.length < 2) return found[0];
  const family = (known: Known): string => known.resource.type.noun.split('_')[0] ?? '';
  const choice = new Set(found.map(({ urn }) => urn)).size > 1 ? found.filter((known) => family(known) === family(by)) : found;
  return new Set(choice.map(({ urn }) => urn)).size === 1 ? (choice.find(({ resource }) => !resource.isLookup) ?? choice[0]) : undefined;
}
