/**
 * Resource attributes. The stable ones are the package's; those still in development are copied, because importing
 * '@opentelemetry/semantic-conventions/incubating' costs 28 ms and 8 MB at start. A test compares the copies.
 */
export {
  ATTR_CONTAINER_ID,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_TELEMETRY_DISTRO_NAME,
  ATTR_TELEMETRY_DISTRO_VERSION,
} from '@opentelemetry/semantic-conventions';

export const ATTR_HOST_ARCH = 'host.arch';
export const ATTR_HOST_ID = 'host.id';
export const ATTR_HOST_NAME = 'host.name';
export const ATTR_OS_DESCRIPTION = 'os.description';
export const ATTR_OS_NAME = 'os.name';
export const ATTR_OS_TYPE = 'os.type';
export const ATTR_OS_VERSION = 'os.version';
export const ATTR_PROCESS_COMMAND = 'process.command';
export const ATTR_PROCESS_CREATION_TIME = 'process.creation.time';
export const ATTR_PROCESS_EXECUTABLE_NAME = 'process.executable.name';
export const ATTR_PROCESS_EXECUTABLE_PATH = 'process.executable.path';
export const ATTR_PROCESS_OWNER = 'process.owner';
export const ATTR_PROCESS_PARENT_PID = 'process.parent_pid';
export const ATTR_PROCESS_PID = 'process.pid';
export const ATTR_PROCESS_RUNTIME_NAME = 'process.runtime.name';
export const ATTR_CONTAINER_RUNTIME_NAME = 'container.runtime.name';
export const ATTR_K8S_CONTAINER_NAME = 'k8s.container.name';
export const ATTR_K8S_POD_UID = 'k8s.pod.uid';
