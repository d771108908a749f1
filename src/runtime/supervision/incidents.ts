/**
 * How supervision speaks of what went wrong: exactly one structured line and one count for each incident, so
 * that no crash loop is ever silent and no single failure is told twice.
 */
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';

/**
 * - `crash`: ended by itself with an error
 * - `start-failed`: `createActor` or `start` threw, or took too long
 * - `out-of-memory`: the heap limit was met
 * - `hang`: no heartbeat for `hungAfterMs`
 * - `loop-lag`: the event loop late by more than `loopLagMsMax`, again and again
 * - `exit-during-stop`: ended with an error while it was asked to stop
 * - `stop-failed`: its stop threw or took too long
 * - `crash-loop`: its restart budget is spent
 * - `process-memory`: the whole process holds more than it may
 */
export type IncidentKind =
  | 'crash'
  | 'start-failed'
  | 'out-of-memory'
  | 'hang'
  | 'loop-lag'
  | 'exit-during-stop'
  | 'stop-failed'
  | 'crash-loop'
  | 'process-memory';

export interface Incident {
  readonly kind: IncidentKind;
  /** Id of the child or supervisor concerned. */
  readonly child: string;
  readonly error: Error;
}

export type ReportIncident = (incident: Incident) => void;

/** The message is the kind, so that logs can be searched for it. */
export const incidentReporter =
  (log: Logger, metrics: Metrics): ReportIncident =>
  ({ kind, child, error }) => {
    metrics.count('supervisor_incidents_total', { child, incident: kind });
    log.error({ incident: kind, child, reason: error.message, stack: error.stack }, `child ${kind}`);
  };
