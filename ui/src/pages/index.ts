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
}

/** Loads a page when it is first opened; the name is that of its exported component. */
function load<Name extends string>(from: () => Promise<Record<Name, ComponentType<PageProps>>>, name: Name): Page['View'] {
  return lazy(async () => ({ default: (await from())[name] }));
}

/** All pages, in the order of the menu. */
export const pages: readonly Page[] = [
  { path: '/', title: 'Overview', inMenu: true, View: load(() => import('./overview/overview-page.tsx'), 'OverviewPage') },
  { path: '/runs', title: 'Runs', inMenu: true, View: load(() => import('./runs/runs-page.tsx'), 'RunsPage') },
  { path: '/runs/:id', title: 'Run', inMenu: false, View: load(() => import('./run/run-page.tsx'), 'RunPage') },
  { path: '/map', title: 'Map', inMenu: true, View: load(() => import('./map/map-page.tsx'), 'MapPage') },
  { path: '/topology', title: 'Topology', inMenu: true, View: load(() => import('./topology/topology-page.tsx'), 'TopologyPage') },
  { path: '/patterns', title: 'Patterns', inMenu: true, View: load(() => import('./patterns/patterns-page.tsx'), 'PatternsPage') },
  {
    path: '/patterns/:fingerprint',
    title: 'Pattern',
    inMenu: false,
    View: load(() => import('./pattern/pattern-page.tsx'), 'PatternPage'),
  },
  { path: '/resource', title: 'Resources', inMenu: true, View: load(() => import('./resource/resource-page.tsx'), 'ResourcePage') },
  { path: '/knowledge', title: 'Knowledge', inMenu: true, View: load(() => import('./knowledge/knowledge-page.tsx'), 'KnowledgePage') },
  { path: '/knowledge/:id', title: 'Document', inMenu: false, View: load(() => import('./document/document-page.tsx'), 'DocumentPage') },
];
