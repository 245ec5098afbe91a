/**
 * The container of a process from lines of /proc/<pid>/cgroup (cgroups(7): `hierarchy:controllers:path`) and of
 * /proc/<pid>/mountinfo (proc(5)). What a runtime does not write there stays unknown.
 *
 *   docker, cgroupfs       /docker/<id>                        systemd  /system.slice/docker-<id>.scope
 *   containerd, cgroupfs   /kubepods/burstable/pod<uid>/<id>   systemd  /kubepods.slice/…/cri-containerd-<id>.scope
 *   CRI-O                  …/crio-<id>[.scope]                 podman   /machine.slice/libpod-<id>.scope[/container]
 *   ECS                    /ecs/<task>/<id>, Fargate: /ecs/<task>/<task>-<number>
 */
export interface Container {
  /** container.id, '' if not known. */
  readonly id: string;
  /** container.runtime.name, '' if the path does not tell. */
  readonly runtime: string;
  /** k8s.pod.uid, '' if not known (static pods have a hash of their manifest here, not a UID). */
  readonly podUid: string;
}

export const NO_CONTAINER: Container = { id: '', runtime: '', podUid: '' };

/** Prefixes that runtimes put before an id in a scope's name → container.runtime.name. */
const runtimes: ReadonlyMap<string, string> = new Map([
  ['docker', 'docker'],
  ['cri-containerd', 'containerd'],
  ['nerdctl', 'containerd'],
  ['crio', 'cri-o'],
  ['libpod', 'podman'],
]);

/** At the end of a segment, with '.scope' taken off. containerd without systemd writes `<slice>:cri-containerd:<id>`. */
const ID = /(?:^|[:-])([0-9a-f]{64})$/;
/** NAME_MAX: no directory has a longer name. */
const MAX_SEGMENT = 255;
/** CRI-O's monitor and podman's conmon live beside the container, not in it. */
const MONITOR = /(?:^|-)conmon-/;
/** Task and container of Fargate: 32 hex digits of the task, and a number. */
const FARGATE = /^[0-9a-f]{32}-\d{6,20}$/;
const POD = /(?:^|-)pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12})(?:\.slice)?$/;

/** `path`: of one cgroup. The innermost container counts: with a container in a container it is the observed one. */
export function containerOfPath(path: string): Container {
  const segments = path.split('/');
  let id = '';
  let runtime = '';
  let podUid = '';
  for (let i = segments.length - 1; i >= 0; i--) {
    const segment = segments[i] ?? '';
    if (segment.length > MAX_SEGMENT) continue;
    const pod = POD.exec(segment)?.[1];
    if (pod !== undefined && podUid === '') podUid = pod.replaceAll('_', '-');
    if (id !== '' || MONITOR.test(segment)) continue;
    const name = segment.endsWith('.scope') ? segment.slice(0, -6) : segment;
    const match = ID.exec(name);
    if (match?.[1] !== undefined) {
      id = match[1];
      const prefix = name.slice(0, match.index);
      const word = prefix === '' ? segments[i - 1] : prefix.slice(prefix.lastIndexOf(':') + 1);
      runtime = runtimes.get(word ?? '') ?? '';
    } else if (segments[1] === 'ecs' && FARGATE.test(segment)) id = segment;
  }
  return id === '' && podUid === '' ? NO_CONTAINER : { id, runtime, podUid };
}

export interface Cgroup {
  /** Path in the unified hierarchy; where that tells nothing ('/'), of the version 1 hierarchy that tells most. */
  readonly path: string;
  readonly container: Container;
}

const UNKNOWN: Cgroup = { path: '', container: NO_CONTAINER };

/** `text`: of /proc/<pid>/cgroup. Never throws; text that is none of it gives an unknown cgroup. */
export function parseCgroup(text: string): Cgroup {
  let unified = '';
  let legacy = '';
  let found: Cgroup | undefined;
  for (const line of text.split('\n')) {
    const first = line.indexOf(':');
    const second = line.indexOf(':', first + 1);
    if (first < 1 || second < 0 || line.charAt(second + 1) !== '/') continue;
    const removed = line.endsWith(' (deleted)');
    const path = line.slice(second + 1, removed ? -10 : undefined);
    const container = containerOfPath(path);
    const isUnified = line.startsWith('0::');
    if (isUnified) unified = path;
    else if (legacy === '' || line.includes(':name=systemd:')) legacy = path;
    if (container.id !== '' && (found === undefined || isUnified)) found = { path, container };
  }
  if (found !== undefined) return found;
  const path = unified.length > 1 || legacy === '' ? unified : legacy;
  return path === '' ? UNKNOWN : { path, container: containerOfPath(path) };
}

export interface MountedContainer {
  readonly id: string;
  readonly podUid: string;
  /** k8s.container.name, from the mount of the termination log. */
  readonly name: string;
}

const KUBELET =
  /\/pods\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/containers\/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/[0-9a-f]{8}$/;
const HOSTNAME = /\/(?:containers|overlay-containers)\/([0-9a-f]{64})\/(?:userdata\/)?hostname$/;

/**
 * What the bind mounts of a process's own mount namespace say: the kubelet mounts
 * `…/pods/<uid>/containers/<name>/<attempt>` as the termination log, Docker and podman `…/containers/<id>/hostname`
 * as /etc/hostname. Used where the cgroup namespace hides the path. `text`: of /proc/<pid>/mountinfo.
 */
export function parseMounts(text: string): MountedContainer | undefined {
  let id = '';
  let podUid = '';
  let name = '';
  for (const line of text.split('\n')) {
    const [, , , root, point] = line.split(' ', 5);
    if (root === undefined || point === undefined) continue;
    if (point === '/etc/hostname') id = HOSTNAME.exec(root)?.[1] ?? id;
    else if (root.includes('/containers/')) {
      const match = KUBELET.exec(root);
      if (match === null) continue;
      podUid = match[1] ?? '';
      name = match[2] ?? '';
    }
  }
  return id === '' && name === '' ? undefined : { id, podUid, name };
}
