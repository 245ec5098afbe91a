import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { collect, type Netns } from './netns.ts';
import { program } from './paths.ts';
import { until } from './until.ts';

/** What the server itself says of a request. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly seconds: number;
  /** What the clock of the log can tell apart. */
  readonly resolution: number;
}

/** Every server answers 200 `hello world\n` (12 bytes), and 404 below a `/missing/`; `/slow/` takes 30 ms where it can. */
export interface Server {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** Path of the Unix socket. */
  readonly socket: string;
  log(): LoggedRequest[];
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly port?: number;
  readonly cpus?: string;
  /** HAProxy: the port it sends on to. */
  readonly backend?: number;
  /** Node only. */
  readonly env?: Readonly<Record<string, string>>;
  /** A log costs the server time: the benchmark does without. */
  readonly log?: boolean;
}

export type StartServer = (netns: Netns, options?: ServerOptions) => Promise<Server>;

interface Launch {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly unix?: boolean;
  /** Stops more gently than SIGKILL, so that workers go too. */
  readonly signal?: NodeJS.Signals;
  parse(directory: string, stdout: string): LoggedRequest[];
}

async function launch(netns: Netns, options: ServerOptions, make: (directory: string) => Launch): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-server-'));
  const port = options.port ?? 8080;
  const { name, command, args, env, unix = true, signal = 'SIGTERM', parse } = make(directory);
  const child: ChildProcess = netns.spawn(command, args, {
    ...(env === undefined ? {} : { env }),
    ...(options.cpus === undefined ? {} : { cpus: options.cpus }),
  });
  const output = collect(child);
  const pid = child.pid ?? 0;
  const socket = join(directory, 'http.sock');
  try {
    await netns.listening(pid, [port]);
    await until(() => !unix || existsSync(socket), `${socket}`);
  } catch (error) {
    throw new Error(`${name} did not start: ${String(error)}\n${output.stderr()}`);
  }
  return {
    name,
    pid,
    port,
    socket,
    log: () => parse(directory, output.stdout()),
    async stop() {
      if (child.exitCode === null) {
        const gone = once(child, 'exit');
        child.kill(signal);
        const late = setTimeout(() => child.kill('SIGKILL'), 3_000);
        await gone;
        clearTimeout(late);
      }
      // Workers of a killed master take a moment.
      await sleep(20);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const addresses = (directory: string, port: number): string[] => [
  `127.0.0.1:${port}`,
  `::1:${port}`,
  join(directory, 'http.sock'),
];

/** The test programs print one JSON object per request; Python's and Node's clocks are finer than what is asserted. */
function jsonLog(_: string, stdout: string): LoggedRequest[] {
  return stdout
    .slice(0, stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ ...(JSON.parse(line) as Omit<LoggedRequest, 'resolution'>), resolution: 0 }));
}

/** Lines `METHOD PATH STATUS DURATION` of an access log. */
function accessLog(path: string, unit: number, resolution: number): LoggedRequest[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [method = '', target = '', status, duration] = line.split(' ');
      return { method, path: target, status: Number(status), seconds: Number(duration) * unit, resolution };
    });
}

export const node: StartServer = (netns, options = {}) =>
  launch(netns, options, (directory) => ({
    name: 'node',
    command: process.execPath,
    args: [program('node_server.mjs'), ...addresses(directory, options.port ?? 8080)],
    env: { ...options.env, ...(options.log === false ? { LOG: 'off' } : {}) },
    parse: jsonLog,
  }));

export const pythonHttp: StartServer = (netns, options = {}) =>
  launch(netns, options, (directory) => ({
    name: 'http.server',
    command: '/usr/bin/python3',
    args: [program('http_server.py'), ...addresses(directory, options.port ?? 8080)],
    parse: jsonLog,
  }));

export const aiohttp: StartServer = (netns, options = {}) =>
  launch(netns, options, (directory) => ({
    name: 'aiohttp',
    command: '/usr/bin/python3',
    args: [program('aiohttp_server.py'), ...addresses(directory, options.port ?? 8080)],
    parse: jsonLog,
  }));

export const nginx: StartServer = (netns, options = {}) =>
  launch(netns, options, (directory) => {
    const port = options.port ?? 8080;
    const config = join(directory, 'nginx.conf');
    const access = options.log === false ? 'off' : `${directory}/access.log timing`;
    writeFileSync(
      config,
      `load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
daemon off; user root; worker_processes 1; pid ${directory}/nginx.pid; error_log ${directory}/error.log;
events { worker_connections 1024; }
http {
  log_format timing '$request_method $request_uri $status $request_time';
  access_log ${access};
  keepalive_requests 100000000;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  server {
    listen 127.0.0.1:${port} backlog=1024; listen [::1]:${port}; listen unix:${directory}/http.sock;
    default_type text/plain;
    location / { return 200 "hello world\\n"; }
    location ~ /missing/ { return 404 "not found\\n"; }
    location ~ /slow/ { echo_sleep 0.03; echo "hello world"; }
    location ~ /files/ { root ${directory}; sendfile on; try_files /big.bin =404; }
    # Closes the connection without an answer.
    location ~ /closed/ { return 444; }
  }
}
`,
    );
    writeFileSync(join(directory, 'big.bin'), Buffer.alloc(200_000, 'b'));
    return {
      name: 'nginx',
      command: '/usr/sbin/nginx',
      args: ['-p', directory, '-e', join(directory, 'error.log'), '-c', config],
      signal: 'SIGTERM',
      parse: (path) => accessLog(join(path, 'access.log'), 1, 0.001),
    };
  });

export const apache: StartServer = (netns, options = {}) =>
  launch(netns, options, (directory) => {
    const config = join(directory, 'apache.conf');
    const modules = '/usr/lib/apache2/modules';
    // Its workers run as www-data, which may not enter a directory of mkdtemp's.
    chmodSync(directory, 0o755);
    writeFileSync(join(directory, 'hello.txt'), 'hello world\n');
    writeFileSync(
      config,
      `ServerName test
User www-data
Group www-data
PidFile ${directory}/httpd.pid
ErrorLog ${directory}/error.log
DefaultRuntimeDir ${directory}
Listen 127.0.0.1:${options.port ?? 8080}
Listen [::1]:${options.port ?? 8080}
LoadModule mpm_event_module ${modules}/mod_mpm_event.so
LoadModule authz_core_module ${modules}/mod_authz_core.so
LoadModule alias_module ${modules}/mod_alias.so
StartServers 1
ThreadsPerChild 25
MaxRequestWorkers 25
KeepAlive On
MaxKeepAliveRequests 0
DocumentRoot ${directory}
LogFormat "%m %U%q %>s %D" timing
CustomLog ${directory}/access.log timing
AliasMatch "^/.*/missing/" "${directory}/none"
AliasMatch "^/" "${directory}/hello.txt"
<Directory />
  Require all granted
</Directory>
`,
    );
    return {
      name: 'apache',
      command: '/usr/sbin/apache2',
      args: ['-D', 'FOREGROUND', '-f', config],
      unix: false,
      parse: (path) => accessLog(join(path, 'access.log'), 1e-6, 1e-6),
    };
  });

/** A proxy in front of a server on `backend`. */
export const haproxy: StartServer = (netns, options = {}) =>
  launch(netns, options, (directory) => {
    const config = join(directory, 'haproxy.cfg');
    mkdirSync(join(directory, 'run'));
    writeFileSync(
      config,
      `global
  log stdout format raw local0
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  log global
  # %Ta: from the request's first byte to the answer's last, in ms.
  log-format "%HM %HU %ST %Ta"
frontend front
  bind 127.0.0.1:${options.port ?? 8080}
  bind [::1]:${options.port ?? 8080}
  bind ${directory}/http.sock
  default_backend back
backend back
  server one 127.0.0.1:${options.backend ?? 8081}
`,
    );
    return {
      name: 'haproxy',
      command: '/usr/sbin/haproxy',
      args: ['-db', '-f', config],
      parse: (_, stdout) =>
        stdout
          .split('\n')
          .filter((line) => /^[A-Z]+ \//.test(line))
          .map((line) => {
            const [method = '', path = '', status, duration] = line.split(' ');
            return { method, path, status: Number(status), seconds: Number(duration) / 1000, resolution: 0.001 };
          }),
    };
  });
