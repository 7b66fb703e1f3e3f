import { readdirSync, readFileSync } from 'node:fs';
import type { Metrics } from './metrics.ts';

/** What every component tells of its own process and build, as Prometheus' client libraries name it. */
export function addProcessMetrics(metrics: Metrics, gitVersion: string): void {
  const startSeconds = performance.timeOrigin / 1000;
  const one = (value: () => number) => () => [{ values: [], value: value() }];
  const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
  metrics.gaugeFrom(
    'process_resident_memory_bytes',
    'Resident memory size in bytes.',
    [],
    one(process.memoryUsage.rss),
  );
  metrics.counterFrom(
    'process_cpu_seconds_total',
    'Total user and system CPU time spent in seconds.',
    [],
    one(cpuSeconds),
  );
  metrics.gaugeFrom('process_open_fds', 'Number of open file descriptors.', [], one(openFiles));
  metrics.gaugeFrom('process_max_fds', 'Maximum number of open file descriptors.', [], one(mostFiles));
  metrics.gaugeFrom(
    'process_start_time_seconds',
    'Start time of the process since unix epoch in seconds.',
    [],
    one(() => startSeconds),
  );
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  metrics.gaugeFrom(
    'kubernetes_build_info',
    'Which version this is; the value says nothing.',
    ['major', 'minor', 'git_version', 'go_version', 'compiler', 'platform'],
    () => [{ values: [major, minor, gitVersion, `node ${process.version}`, 'v8', platform], value: 1 }],
  );
}

const platform = `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`;

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

function mostFiles(): number {
  const [, soft = ''] = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
