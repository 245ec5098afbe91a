export interface PrometheusFamily {
  readonly type: string;
  readonly help: string;
  /** By the series' name and labels, in the order of the text. */
  readonly series: Map<string, number>;
}

/** Text of https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md by metric. */
export function parsePrometheus(text: string): Map<string, PrometheusFamily> {
  const families = new Map<string, PrometheusFamily>();
  let help = '';
  let current: PrometheusFamily | undefined;
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') help = rest;
    else if (kind === 'TYPE') {
      current = { type: rest, help, series: new Map() };
      families.set(name, current);
    } else if (line !== '') {
      const space = line.lastIndexOf(' ');
      current?.series.set(line.slice(0, space), Number(line.slice(space + 1)));
    }
  }
  return families;
}
