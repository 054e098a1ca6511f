import type { ReactNode } from 'react';
import { kindLooks, lookOf, type Shape } from './picture.ts';

/** An arrow of the legend. */
export interface EdgeLook {
  readonly title: string;
  readonly colour: string;
}

interface LegendProps {
  /** Kinds of the resources that are shown. */
  readonly kinds: readonly string[];
  readonly edges: readonly EdgeLook[];
  /** Arrows of the picture by their width, the thinnest first. */
  readonly widths?: readonly { readonly title: string; readonly width: number }[];
}

const outlines: Readonly<Record<Shape, ReactNode>> = {
  circle: <circle r="6" />,
  square: <rect x="-5.5" y="-5.5" width="11" height="11" />,
  diamond: <path d="M0-7 7 0 0 7-7 0Z" />,
  triangle: <path d="M0-7 6.5 5H-6.5Z" />,
  hexagon: <path d="M-3.5-6H3.5L7 0 3.5 6H-3.5L-7 0Z" />,
};

/** What the shapes, colours and widths of a graph mean. */
export function Legend({ kinds, edges, widths = [] }: LegendProps) {
  const shown = new Set(kinds.map(lookOf));
  return (
    <ul className="graph-legend" aria-label="Legend">
      {kindLooks
        .filter((look) => shown.has(look))
        .map(({ title, shape, colour }) => (
          <li key={title}>
            <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true" fill={`var(${colour})`}>
              {outlines[shape]}
            </svg>
            {title}
          </li>
        ))}
      {edges.map(({ title, colour }) => (
        <li key={title}>
          <svg width="22" height="10" viewBox="0 0 22 10" aria-hidden="true" fill={`var(${colour})`}>
            <path d="M0 4H14V1L22 5 14 9V6H0Z" />
          </svg>
          {title}
        </li>
      ))}
      {widths.map(({ title, width }) => (
        <li key={title}>
          <svg width="22" height="10" viewBox="0 0 22 10" aria-hidden="true" stroke="var(--edge)" strokeWidth={width}>
            <path d="M0 5H22" />
          </svg>
          {title}
        </li>
      ))}
    </ul>
  );
}
