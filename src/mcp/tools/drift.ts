import { Type } from 'typebox';
import { DriftSchema } from '../../api/contract.ts';
import { DAY, formatTime } from '../../core/time.ts';
import { type Drift, listDrift } from '../../store/topology-drift.ts';
import { limitInput, rangeInput, readCallRange } from '../input.ts';
import { hintAtRows, hintAtScopes } from '../refine.ts';
import { defineTool } from '../tool.ts';

const { items, windows, windows_with_data } = DriftSchema.properties;

/** Differences that the most telling are chosen from. */
const MOST = 5000;
const kinds = ['declared_not_observed', 'observed_not_declared'] as const;

/** `drift`: where the declared topology and the observed calls differ. */
export const driftTool = defineTool({
  name: 'drift',
  title: 'Declared against observed',
  description:
    'Lists dependencies that documents (Terraform, Kubernetes, Ansible …) declared in a range and that no call of it shows, and calls that nothing declared; what has traffic at both ends, and most calls, first. A declared edge without traffic at either end (`src_windows`, `dst_windows` 0) proves nothing.',
  input: {
    kind: Type.Optional(
      Type.Unsafe<(typeof kinds)[number]>({
        type: 'string',
        enum: [...kinds],
        description: 'Only this kind of difference; both if absent.',
      }),
    ),
    ...rangeInput('the newest day with calls'),
    limit: limitInput(30, 500),
  },
  output: {
    ...{ from: Type.String({ format: 'date-time' }), to: Type.String({ format: 'date-time' }) },
    ...{ drift: items, windows, windows_with_data },
  },
  async ask(question, { kind, limit = 30, ...bounds }) {
    const { from, to } = await readCallRange(question, bounds, DAY);
    const report = await listDrift(question.db, { tenantId: question.tenantId, from, to, limit: MOST });
    const unseen = report.items.filter(({ drift }) => drift === 'declared_not_observed');
    const undeclared = report.items.filter(({ drift }) => drift === 'observed_not_declared');
    const telling = [...unseen.toSorted(byTraffic), ...undeclared.toSorted(byCalls)].filter(
      ({ drift }) => kind === undefined || drift === kind,
    );
    const isNever = unseen.length === 0 && undeclared.every(({ src_declared, dst_declared }) => !src_declared && !dst_declared);
    return {
      summary: `From ${formatTime(from)} to ${formatTime(to)}: ${unseen.length} edges are declared and not observed, ${undeclared.length} observed and not declared${report.nextCursor === undefined ? '' : '; there are more'}.`,
      hint:
        report.windows_with_data === 0
          ? await hintAtRows(question, 'service_call_5m', { from, to })
          : isNever
            ? await hintAtScopes(question, to)
            : undefined,
      truncated: telling.length > limit || report.nextCursor !== undefined,
      provenance: { tables: ['service_call_5m', 'topo_edge_time'] },
      ...{ from: formatTime(from), to: formatTime(to), windows: report.windows, windows_with_data: report.windows_with_data },
      drift: telling.slice(0, limit).map((drift) => ({ ...drift, declared_by: [...drift.declared_by] })),
    };
  },
});

const byTraffic = (left: Drift, right: Drift): number =>
  Math.min(right.src_windows, right.dst_windows) - Math.min(left.src_windows, left.dst_windows);

const ends = ({ src_declared, dst_declared }: Drift): number => Number(src_declared) + Number(dst_declared);

const byCalls = (left: Drift, right: Drift): number => ends(right) - ends(left) || right.calls - left.calls;
