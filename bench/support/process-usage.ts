/** What another process uses, by the kernel's word. Linux only: elsewhere it is 0. */
import { existsSync, readFileSync } from 'node:fs';

export interface Usage {
  readonly rssBytes: number;
  /** User and system time of all its threads since it started. */
  readonly cpuMicros: number;
}

const CLOCK_TICKS_PER_SECOND = 100;

export function usageOf(pid = 0): Usage {
  if (!existsSync(`/proc/${pid}/stat`)) return { rssBytes: 0, cpuMicros: 0 };
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const clockTicks = Number(fields[11]) + Number(fields[12]);
  return { rssBytes: Number(rss ?? 0) * 1_024, cpuMicros: (clockTicks / CLOCK_TICKS_PER_SECOND) * 1e6 };
}
