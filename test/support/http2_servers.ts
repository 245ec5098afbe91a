import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, type Netns } from './netns.ts';
import { program } from './paths.ts';

/** A server of cleartext HTTP/2 on 127.0.0.1:8080; `/hello` answers `hello world\n`, `/page` 20 011 bytes. */
export interface Http2Server {
  readonly name: string;
  /** It takes the upgrade from HTTP/1. */
  readonly upgrades: boolean;
  stop(): Promise<void>;
}

export type StartHttp2 = (netns: Netns) => Promise<Http2Server>;

const PORT = 8080;
const HELLO = 'hello world\n';
const PAGE = 'p'.repeat(20_011);

function writePages(directory: string): void {
  writeFileSync(join(directory, 'hello'), HELLO);
  writeFileSync(join(directory, 'page'), PAGE);
}

async function launch(
  netns: Netns,
  name: string,
  upgrades: boolean,
  command: (directory: string) => readonly [string, ...string[]],
): Promise<Http2Server> {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-http2-'));
  const [file, ...args] = command(directory);
  const child = netns.spawn(file, args);
  const output = collect(child);
  try {
    await netns.listening(child.pid ?? 0, [PORT]);
  } catch (error) {
    throw new Error(`${name} did not start: ${String(error)}\n${output.stderr()}`);
  }
  return {
    name,
    upgrades,
    async stop() {
      const gone = once(child, 'exit');
      if (child.exitCode === null && child.kill('SIGTERM')) await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export const nginxHttp2: StartHttp2 = (netns) =>
  launch(netns, 'nginx', false, (directory) => {
    writePages(directory);
    writeFileSync(
      join(directory, 'nginx.conf'),
      `daemon off; user root; worker_processes 1; pid ${directory}/nginx.pid; error_log ${directory}/error.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 100000000;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  server {
    listen 127.0.0.1:${PORT} http2 backlog=1024;
    default_type text/plain;
    sendfile on;
    location / { return 200 "hello world\\n"; }
    location /page { root ${directory}; }
    location /missing { return 404 "not found\\n"; }
  }
}
`,
    );
    return ['/usr/sbin/nginx', '-p', directory, '-e', `${directory}/error.log`, '-c', `${directory}/nginx.conf`];
  });

export const nghttpd: StartHttp2 = (netns) =>
  launch(netns, 'nghttpd', false, (directory) => {
    mkdirSync(join(directory, 'www'));
    writePages(join(directory, 'www'));
    return ['/usr/sbin/nghttpd', '--no-tls', '-a', '127.0.0.1', '-d', join(directory, 'www'), String(PORT)];
  });

export const nodeHttp2: StartHttp2 = (netns) =>
  launch(netns, 'Node', false, () => [process.execPath, program('http2_server.mjs'), String(PORT)]);

export const apacheHttp2: StartHttp2 = (netns) =>
  launch(netns, 'Apache', true, (directory) => {
    const modules = '/usr/lib/apache2/modules';
    // Its workers run as www-data, which may not enter a directory of mkdtemp's.
    chmodSync(directory, 0o755);
    writePages(directory);
    writeFileSync(
      join(directory, 'apache.conf'),
      `ServerName test
User www-data
Group www-data
PidFile ${directory}/httpd.pid
ErrorLog ${directory}/error.log
DefaultRuntimeDir ${directory}
Listen 127.0.0.1:${PORT}
LoadModule mpm_event_module ${modules}/mod_mpm_event.so
LoadModule authz_core_module ${modules}/mod_authz_core.so
LoadModule http2_module ${modules}/mod_http2.so
Protocols h2c http/1.1
H2Upgrade on
StartServers 1
ThreadsPerChild 25
MaxRequestWorkers 25
DocumentRoot ${directory}
<Directory />
  Require all granted
</Directory>
`,
    );
    return ['/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', join(directory, 'apache.conf')];
  });
