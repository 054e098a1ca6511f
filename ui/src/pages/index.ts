import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import type { PageProps } from '../frame/page-props.ts';

/**
 * A page: its path within the console, its name, and whether the menu has it. A new one is a folder with an exported component that takes
 * `PageProps`, and a line below.
 */
export interface Page {
  readonly path: string;
  readonly title: string;
  readonly inMenu: boolean;
  readonly View: LazyExoticComponent<ComponentType<PageProps>>;
  /** Brings the script of the page, which opening it would wait for. */
  readonly prepare: () => Promise<unknown>;
}

/** Loads a page when it is first opened; the name is that of its exported component. */
function load<Name extends string>(
  from: () => Promise<Record<Name, ComponentType<PageProps>>>,
  name: Name,
): Pick<Page, 'View' | 'prepare'> {
  return { View: lazy(async () => ({ default: (await from())[name] })), prepare: from };
}

/** All pages, in the order of the menu. */
export const pages: readonly Page[] = [
  { path: '/', title: 'Overview', inMenu: true, ...load(() => import('./overview/overview-page.tsx'), 'OverviewPage') },
  { path: '/runs', title: 'Runs', inMenu: true, ...load(() => import('./runs/runs-page.tsx'), 'RunsPage') },
  { path: '/runs/:id', title: 'Run', inMenu: false, ...load(() => import('./run/run-page.tsx'), 'RunPage') },
  { path: '/map', title: 'Map', inMenu: true, ...load(() => import('./map/map-page.tsx'), 'MapPage') },
  { path: '/topology', title: 'Topology', inMenu: true, ...load(() => import('./topology/topology-page.tsx'), 'TopologyPage') },
  { path: '/patterns', title: 'Patterns', inMenu: true, ...load(() => import('./patterns/patterns-page.tsx'), 'PatternsPage') },
  {
    path: '/patterns/:fingerprint',
    title: 'Pattern',
    inMenu: false,
    ...load(() => import('./pattern/pattern-page.tsx'), 'PatternPage'),
  },
  { path: '/resource', title: 'Resources', inMenu: true, ...load(() => import('./resource/resource-page.tsx'), 'ResourcePage') },
  { path: '/knowledge', title: 'Knowledge', inMenu: true, ...load(() => import('./knowledge/knowledge-page.tsx'), 'KnowledgePage') },
  { path: '/knowledge/:id', title: 'Document', inMenu: false, ...load(() => import('./document/document-page.tsx'), 'DocumentPage') },
];
