import { type Static, Type } from 'typebox';
import { runStatuses } from '../../store/run-list.ts';
import { byTenant, closed, nullable, oneOf, time } from './shape.ts';

export const StreamQuerySchema = Type.Object({ tenant_id: byTenant }, closed);

/** Data of an event `run` of the stream. */
export const RunChangeSchema = Type.Object({
  id: Type.Integer(),
  job: Type.String(),
  tenant_id: Type.String(),
  window_from: time(),
  window_to: time(),
  status: oneOf(runStatuses),
  attempt: Type.Integer(),
  progress: nullable(Type.Number({ description: '0 to 1.' })),
  error_code: nullable(Type.String()),
});
export type RunChange = Static<typeof RunChangeSchema>;
