/**
 * Counters, gauges and histograms (prom-client). Each thread keeps its own registry; the admin server
 * merges their snapshots, so names are the same in every actor and a label tells them apart.
 */
import {
  AggregatorRegistry,
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';

export type Labels = Readonly<Record<string, string>>;
/** One thread's metrics as plain data: it crosses threads by structured clone. */
export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[];

/** Buckets for handling and queueing times, in seconds: 0.1 ms to 5 s. */
const SECONDS_BUCKETS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
];

export class Metrics {
  readonly #registry = new Registry();
  readonly #actor: string;

  constructor(actor: string) {
    this.#actor = actor;
  }

  /** Adds to a counter; its name ends in `_total`. */
  count(name: string, labels: Labels = {}, by = 1): void {
    const metric =
      (this.#registry.getSingleMetric(name) as Counter | undefined) ??
      new Counter({ name, help: name, labelNames: labelNames(labels), registers: [this.#registry] });
    metric.inc({ actor: this.#actor, ...labels }, by);
  }

  gauge(name: string, value: number, labels: Labels = {}): void {
    const metric =
      (this.#registry.getSingleMetric(name) as Gauge | undefined) ??
      new Gauge({ name, help: name, labelNames: labelNames(labels), registers: [this.#registry] });
    metric.set({ actor: this.#actor, ...labels }, value);
  }

  /** Observes a duration; the name ends in `_seconds`. */
  observeSeconds(name: string, seconds: number, labels: Labels = {}): void {
    const metric =
      (this.#registry.getSingleMetric(name) as Histogram | undefined) ??
      new Histogram({
        name,
        help: name,
        labelNames: labelNames(labels),
        buckets: SECONDS_BUCKETS,
        registers: [this.#registry],
      });
    metric.observe({ actor: this.#actor, ...labels }, seconds);
  }

  async snapshot(): Promise<MetricsSnapshot> {
    return (await this.#registry.getMetricsAsJSON()) as MetricsSnapshot;
  }
}

/** Prometheus text of several threads' snapshots, merged by name. */
export const renderMetrics = (snapshots: readonly MetricsSnapshot[]): Promise<string> =>
  AggregatorRegistry.aggregate(snapshots.map((snapshot) => [...snapshot])).metrics();

const labelNames = (labels: Labels): string[] => [...new Set(['actor', ...Object.keys(labels)])];
