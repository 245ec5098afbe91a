/** Stages as the Collector's: alpha is off, beta is on, stable is on for good. */
type Stage = 'Alpha' | 'Beta' | 'Stable';

export interface Gate {
  readonly id: string;
  readonly stage: Stage;
  readonly description: string;
  readonly from: string;
}

/** Gates that Sonde knows the meaning of. */
const gates: readonly Gate[] = [
  {
    id: 'confmap.enableMergeAppendOption',
    stage: 'Alpha',
    description:
      "Combines lists when resolving configs from different sources. This feature gate will not be stabilized 'as is'; the current behavior will remain the default.",
    from: 'v0.120.0',
  },
  {
    id: 'service.AllowNoPipelines',
    stage: 'Alpha',
    description: 'Allow starting the Collector without starting any pipelines.',
    from: 'v0.122.0',
  },
  {
    id: 'service.profilesSupport',
    stage: 'Alpha',
    description: 'Controls whether profiles support can be enabled',
    from: 'v0.112.0',
  },
];

/** Gates of the Collector whose subject Sonde has not, or does always: accepted, so that a command line need not change. */
const withoutEffect: ReadonlySet<string> = new Set([
  'component.UseLocalHostAsDefaultHost',
  'connector.spanmetrics.excludeResourceMetrics',
  'connector.spanmetrics.includeCollectorInstanceID',
  'connector.spanmetrics.legacyMetricNames',
  'connector.spanmetrics.useSecondAsDefaultMetricsUnit',
  'exporter.file.nativeCompression',
  'exporter.prometheusexporter.DisableAddMetricSuffixes',
  'extension.healthcheck.useComponentStatus',
  'filter.filterlog.useOTTLBridge',
  'filter.filtermetric.useOTTLBridge',
  'filter.filterspan.useOTTLBridge',
  'ottl.PanicDuplicateName',
  'ottl.contexts.enableOTelColContext',
  'ottl.functions.enableLambda',
  'ottl.set.allowNil',
  'pdata.useProtoPooling',
  'pkg.exporterhelper.queueBatchEnabled',
  'pkg.translator.prometheus.PermissiveLabelSanitization',
  'processor.filter.defaultErrorModeIgnore',
  'processor.k8sattributes.DontEmitV0K8sConventions',
  'processor.k8sattributes.EmitV1K8sConventions',
  'processor.k8sattributes.ShareProcessorBetweenPipelines',
  'processor.k8sattributes.telemetry.disableOldFormatMetrics',
  'processor.k8sattributes.telemetry.enableNewFormatMetrics',
  'processor.resourcedetection.consul.prefixMetaAttributes',
  'processor.resourcedetection.elasticbeanstalk.DontEmitV0DeploymentConventions',
  'processor.resourcedetection.elasticbeanstalk.EmitV1DeploymentConventions',
  'processor.transform.defaultErrorModeIgnore',
  'receiverhelper.newReceiverMetrics',
  'service.partialReload',
  'service.partialReloadReceivers',
  'spanmetrics.statusCodeConvention.useOtelPrefix',
  'telemetry.newPipelineTelemetry',
  'transform.flatten.logs',
]);

type GateId = 'confmap.enableMergeAppendOption' | 'service.AllowNoPipelines' | 'service.profilesSupport';

export class FeatureGates {
  readonly #enabled = new Set<string>(gates.filter(({ stage }) => stage !== 'Alpha').map(({ id }) => id));
  /** Accepted, but they change nothing. */
  readonly ignored: string[] = [];

  /** `a,-b,+c`. Returns what is wrong, in the Collector's words. */
  set(text: string): string | undefined {
    for (const part of text.split(',')) {
      const id = part.replace(/^[-+]/, '');
      const gate = gates.find((each) => each.id === id);
      if (gate === undefined) {
        if (withoutEffect.has(id)) this.ignored.push(id);
        else return `no such feature gate "${id}". valid gates: [${gates.map((each) => each.id).join(' ')}]`;
      } else if (!part.startsWith('-')) this.#enabled.add(id);
      else if (gate.stage === 'Stable') return `feature gate "${id}" is stable, can not be disabled`;
      else this.#enabled.delete(id);
    }
    return undefined;
  }

  has(id: GateId): boolean {
    return this.#enabled.has(id);
  }

  /** The table of `featuregate`, or one gate. */
  text(id?: string): string | undefined {
    if (id === undefined) {
      const width = Math.max(...gates.map((gate) => gate.id.length));
      const row = (...[name, on, stage, what]: string[]): string =>
        `${name?.padEnd(width)}  ${on?.padEnd(7)}  ${stage?.padEnd(6)}  ${what}\n`;
      return (
        row('ID', 'Enabled', 'Stage', 'Description') +
        gates.map((gate) => row(gate.id, String(this.#enabled.has(gate.id)), gate.stage, gate.description)).join('')
      );
    }
    const gate = gates.find((each) => each.id === id);
    if (gate === undefined) return undefined;
    return [
      `Feature: ${id}`,
      `Enabled: ${this.#enabled.has(id)}`,
      `Stage: ${gate.stage}`,
      `Description: ${gate.description}`,
      `From Version: ${gate.from}`,
      'To Version: v<nil>\n',
    ].join('\n');
  }
}
