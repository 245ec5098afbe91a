import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { repository } from './paths.ts';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

/** What the tests use of a container. */
export interface ContainerSpec {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: {
    readonly runAsUser: number;
    readonly allowPrivilegeEscalation: boolean;
    readonly readOnlyRootFilesystem: boolean;
    readonly capabilities: { readonly drop: readonly string[]; readonly add: readonly string[] };
  };
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly volumeMounts: readonly { readonly mountPath: string }[];
}

interface Documents {
  readonly data?: { readonly 'config.yaml': string };
  readonly spec?: {
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly initContainers: readonly ContainerSpec[];
      };
    };
  };
}

/** config/kubernetes/sidecar.yaml. */
export function sidecarManifest(): {
  readonly config: string;
  readonly container: ContainerSpec;
  readonly graceSeconds: number;
} {
  const text = readFileSync(join(repository, 'config', 'kubernetes', 'sidecar.yaml'), 'utf8');
  const documents = parseAllDocuments(text).map((document): Documents => document.toJS());
  const config = documents.find(({ data }) => data !== undefined)?.data?.['config.yaml'];
  const pod = documents.find(({ spec }) => spec !== undefined)?.spec?.template.spec;
  const container = pod?.initContainers[0];
  if (config === undefined || pod === undefined || container === undefined)
    throw new Error('the manifest has other parts');
  return { config, container, graceSeconds: pod.terminationGracePeriodSeconds };
}
