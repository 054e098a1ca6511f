import { Link } from 'wouter';
import type { ResourceRef } from '../../../src/api/contract.ts';
import { useToPage } from '../frame/address.ts';
import './resource-links.css';

interface ResourceLinksProps {
  readonly tenant: string;
  readonly resources: readonly ResourceRef[];
}

/** Links to the pages of resources, one beside the other. */
export function ResourceLinks({ tenant, resources }: ResourceLinksProps) {
  const toPage = useToPage();
  return (
    <ul className="resource-links">
      {resources.map(({ urn, kind, name }) => (
        <li key={urn}>
          <Link href={toPage('/resource', { tenant, urn })} title={`${kind} ${urn}`}>
            {name}
          </Link>
        </li>
      ))}
    </ul>
  );
}
