import { Fragment, memo } from 'react';
import { alignTemplate, toConstants } from '../text/template.ts';
import './template.css';

interface TemplateProps {
  readonly template: string;
  /** A line of it, whose values stand where the variables are; without one, or where it cannot be read, they are stars. */
  readonly sample?: string | null;
}

/** What the lines of a pattern share, with the variables set off from it. */
export const Template = memo(function Template({ template, sample = null }: TemplateProps) {
  const values = sample === null ? undefined : alignTemplate(template, sample);
  return (
    <code className="template">
      {toConstants(template).map((text, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a variable is its place
        <Fragment key={index}>
          {index > 0 && <Variable value={values?.[index - 1]} />}
          {text}
        </Fragment>
      ))}
    </code>
  );
});

const LONGEST = 28;

function Variable({ value }: { readonly value: string | undefined }) {
  if (value === undefined) return <span className="variable">∗</span>;
  return (
    <span className="variable" title={`differs from line to line; here ${value.slice(0, 500)}`}>
      {value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value}
    </span>
  );
}
