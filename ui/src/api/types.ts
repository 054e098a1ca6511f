import type { Static } from 'typebox';
import type {
  BackfillListSchema,
  BackfillPlanSchema,
  CircuitListSchema,
  ControlAnswerSchema,
  JobListSchema,
  ReadinessSchema,
  RunDetailSchema,
  RunListSchema,
  TenantListSchema,
  WindowListSchema,
} from '../../../src/api/contract.ts';

export type { Run, RunChange } from '../../../src/api/contract.ts';
export type RunList = Static<typeof RunListSchema>;
export type RunDetail = Static<typeof RunDetailSchema>;
export type RunStatus = RunDetail['status'];
export type WindowList = Static<typeof WindowListSchema>;
export type WindowState = WindowList['items'][number];
export type JobList = Static<typeof JobListSchema>;
export type JobState = JobList['items'][number];
export type TenantList = Static<typeof TenantListSchema>;
export type CircuitList = Static<typeof CircuitListSchema>;
export type BackfillList = Static<typeof BackfillListSchema>;
export type BackfillPlan = Static<typeof BackfillPlanSchema>;
export type ControlAnswer = Static<typeof ControlAnswerSchema>;
export type Readiness = Static<typeof ReadinessSchema>;
