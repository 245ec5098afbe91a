import type { OtlpObject } from '../../pdata/otlp/schema.ts';

type Counts = Readonly<Record<string, number>>;

export function countTraces(data: OtlpObject<'ExportTraceServiceRequest'>): Counts {
  const resources = data.resourceSpans ?? [];
  let spans = 0;
  for (const { scopeSpans } of resources) for (const scope of scopeSpans ?? []) spans += scope.spans?.length ?? 0;
  return { 'resource spans': resources.length, spans };
}

export function countLogs(data: OtlpObject<'ExportLogsServiceRequest'>): Counts {
  const resources = data.resourceLogs ?? [];
  let records = 0;
  for (const { scopeLogs } of resources) for (const scope of scopeLogs ?? []) records += scope.logRecords?.length ?? 0;
  return { 'resource logs': resources.length, 'log records': records };
}

export function countMetrics(data: OtlpObject<'ExportMetricsServiceRequest'>): Counts {
  const resources = data.resourceMetrics ?? [];
  let metrics = 0;
  let points = 0;
  for (const { scopeMetrics } of resources) {
    for (const scope of scopeMetrics ?? []) {
      for (const metric of scope.metrics ?? []) {
        metrics++;
        const { gauge, sum, histogram, exponentialHistogram, summary } = metric;
        points += (gauge ?? sum ?? histogram ?? exponentialHistogram ?? summary)?.dataPoints?.length ?? 0;
      }
    }
  }
  return { 'resource metrics': resources.length, metrics, 'data points': points };
}

export function countProfiles(data: OtlpObject<'ExportProfilesServiceRequest'>): Counts {
  const resources = data.resourceProfiles ?? [];
  let samples = 0;
  for (const { scopeProfiles } of resources) {
    for (const { profiles } of scopeProfiles ?? []) {
      for (const profile of profiles ?? []) samples += profile.samples?.length ?? 0;
    }
  }
  return { 'resource profiles': resources.length, 'sample records': samples };
}
