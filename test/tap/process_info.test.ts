import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { parseOsRelease, parseUsers, readHost } from '../../src/tap/host_resource.ts';
import { parseResourceAttributes, scanEnvironment } from '../../src/tap/otel_environment.ts';
import { calledNameOf, ENVIRON_BYTES, ProcReader, parseArguments, parseStat } from '../../src/tap/process_info.ts';
import { interpretedProgram, programName } from '../../src/tap/program_name.ts';
import * as semconv from '../../src/tap/semconv.ts';
import { ProcTree } from '../support/proc_tree.ts';
import { fc } from '../support/property.ts';

const trees: ProcTree[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) tree.close();
});
function newTree(): ProcTree {
  const tree = new ProcTree();
  trees.push(tree);
  return tree;
}

test('copied attribute names are those of the package', () => {
  const known = new Map<string, unknown>(Object.entries(incubating));
  expect(Object.keys(semconv).length).toBeGreaterThan(20);
  for (const [name, value] of Object.entries(semconv)) expect([name, known.get(name)]).toEqual([name, value]);
});

describe('/proc/<pid>/stat', () => {
  const rest = `7 ${'0 '.repeat(17)}4711 0 0\n`;

  test.each([
    ['nginx', 'nginx'],
    ['with spaces', 'a b c'],
    ['parentheses', 'x) S 1 (y'],
    ['empty', ''],
  ])('comm %s', (_, comm) => {
    expect(parseStat(`42 (${comm}) S ${rest}`)).toEqual({ comm, parentPid: 7, startTicks: 4711 });
  });

  test.each(['', '42', '42 (a', '42 (a) S', '42 (a) S x', ')('])('%p is none', (text) => {
    expect(parseStat(text)).toBe(undefined);
  });
});

test.each([
  ['', false, []],
  ['node\0/app/x.js\0', false, ['node', '/app/x.js']],
  ['nginx: master process', false, ['nginx: master process']],
  ['a\0\0', false, ['a', '']],
  ['a\0cut of', true, ['a']],
])('arguments %p', (text, cut, args) => {
  expect(parseArguments(text, cut)).toEqual(args);
});

test.each([
  ['redis-check-rdb', '/usr/bin/redis-server 127.0.0.1:6379', 'redis-server', 'redis-server'],
  ['busybox', 'httpd', 'httpd', 'httpd'],
  ['coreutils', '/bin/a-name-that-is-cut', 'a-name-that-is-', 'a-name-that-is-cut'],
  ['nginx', 'nginx: worker process', 'nginx', ''],
  ['systemd', '/sbin/init', 'systemd', ''],
  // Only one of the two says so: a title, a thread's name, a script.
  ['postgres', 'walwriter', 'postgres', ''],
  ['node', 'node', 'MainThread', ''],
  ['bash', '/bin/bash', 'deploy.sh', ''],
  // An interpreter is named after what it runs.
  ['python3.11', 'python3', 'python3', ''],
  ['perl', 'spamd', 'spamd', ''],
  ['app', '', '', ''],
])('%s as %p with comm %s was called %p', (executable, first, comm, expected) => {
  expect(calledNameOf(executable, [first], comm)).toBe(expected);
  expect(calledNameOf(executable, [], comm)).toBe('');
});

describe('environment', () => {
  const scan = (text: string) => scanEnvironment(Buffer.from(text));

  test('finds its two variables and no others', () => {
    expect(scan('A=1\0OTEL_SERVICE_NAME=shop\0PASSWORD=x\0OTEL_RESOURCE_ATTRIBUTES=a=b\0')).toEqual({
      serviceName: 'shop',
      resourceAttributes: 'a=b',
    });
  });
  test('a name inside another is none', () => {
    expect(scan('MY_OTEL_SERVICE_NAME=x\0B=OTEL_SERVICE_NAME=y\0').serviceName).toBe('');
  });
  test('the first of two counts, as for getenv', () => {
    expect(scan('OTEL_SERVICE_NAME=a\0OTEL_SERVICE_NAME=b\0').serviceName).toBe('a');
  });
  test('a value that was cut is left out', () => {
    expect(scan('OTEL_SERVICE_NAME=sho').serviceName).toBe('');
  });
  test('any bytes are survived', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => scanEnvironment(Buffer.from(bytes)).serviceName === ''));
  });
});

test.each([
  ['', []],
  ['a=b', [['a', 'b']]],
  [
    ' a = b , c=d,',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  ['a=b%2Cc%3Dd', [['a', 'b,c=d']]],
  ['a=x=y', [['a', 'x=y']]],
  ['k%20y=%C3%A9', [['k y', 'é']]],
  ['=b,a=', [['a', '']]],
  ['__proto__=b', [['__proto__', 'b']]],
  ['a=%E9', undefined],
  ['a=b,c', undefined],
  [Array.from({ length: 200 }, (_, i) => `k${i}=v`).join(), undefined],
])('resource attributes %p', (text, pairs) => {
  const attributes = parseResourceAttributes(text);
  expect(attributes === undefined ? undefined : [...attributes]).toEqual(pairs);
});

test.each([
  ['node', 'node /srv/server.js', 'server'],
  ['node', 'node --max-old-space-size=100 -r ./a.js --import b.mjs app.mjs -e', 'app'],
  ['node', 'node -e code', ''],
  ['node', 'node .', ''],
  ['node', 'node ../shop/', 'shop'],
  ['node', 'node inspect x.js', 'x'],
  ['node', 'node', ''],
  ['python3.11', 'python3 -m http.server 8000', 'http.server'],
  ['python3.11', 'python3 -um uvicorn app:app', 'uvicorn'],
  ['python3.11', '/usr/bin/python3 /usr/local/bin/gunicorn app:app', 'gunicorn'],
  ['python3', 'python3 -X dev -W ignore manage.py runserver', 'manage'],
  ['python3', 'python3 -c code arg', ''],
  ['python3', 'python3 -Ic code', ''],
  ['java', 'java -Xmx1g -cp a:b com.acme.Main', 'com.acme.Main'],
  ['java', 'java -javaagent:x.jar -jar /opt/shop.jar --port 1', 'shop'],
  ['ruby', 'ruby -I lib bin/puma -C x', 'puma'],
  ['ruby3.1', 'ruby -e code', ''],
  ['perl', 'perl -w /usr/sbin/app.pl', 'app'],
  ['php8.2', 'php -S 127.0.0.1:80 router.php', 'router'],
  ['dotnet', 'dotnet /app/Shop.dll', 'Shop'],
  ['bun', 'bun run index.ts', 'index'],
  ['nginx', 'nginx -g x', ''],
])('program of %s: %s', (executable, line, name) => {
  expect(programName(interpretedProgram(executable, line.split(' ')))).toBe(name);
});

test('os-release and passwd', () => {
  const release = parseOsRelease(
    'NAME="Debian GNU/Linux"\nVERSION_ID=12\n# x\nPRETTY_NAME=\'a b\'\nX="q\\"r"\nbad line\n',
  );
  expect([...release]).toEqual([
    ['NAME', 'Debian GNU/Linux'],
    ['VERSION_ID', '12'],
    ['PRETTY_NAME', 'a b'],
    ['X', 'q"r'],
  ]);
  expect([...parseUsers('root:x:0:0::/:\ntoor:x:0:0\nbad\nwww:x:33:33\n')]).toEqual([
    [0, 'root'],
    [33, 'www'],
  ]);
});

test('this host', () => {
  const host = readHost();
  expect(host.host['os.type']).toBe('linux');
  expect(['amd64', 'arm64']).toContain(host.host['host.arch']);
  expect(host.bootId).toMatch(/^[0-9a-f-]{36}$/);
  const [, seconds] = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8')) ?? [];
  expect(Math.abs(host.bootTime - Number(seconds) * 1000)).toBeLessThan(2000);
  expect(readHost('/nowhere').distribution).toEqual({});
});

describe('reader', () => {
  test('reads a process and cleans its executable', () => {
    const tree = newTree();
    tree.add(42, {
      exe: '/usr/sbin/nginx (deleted)',
      args: ['nginx', '-g', 'x'],
      env: { SECRET: 's', OTEL_SERVICE_NAME: 'shop' },
      uid: 33,
    });
    expect(new ProcReader(tree.root).image(42)).toEqual({
      executable: '/usr/sbin/nginx',
      executableName: 'nginx',
      calledName: '',
      args: ['nginx', '-g', 'x'],
      environment: { serviceName: 'shop', resourceAttributes: '' },
      cgroup: { path: '/', container: { id: '', runtime: '', podUid: '' } },
      userId: 33,
    });
  });

  test('bounds an environment, and a value does not leak into the next read', () => {
    const tree = newTree();
    tree.add(42, { env: { A: 'x'.repeat(ENVIRON_BYTES), OTEL_SERVICE_NAME: 'beyond' } });
    tree.add(43, { env: {} });
    const reader = new ProcReader(tree.root);
    expect(reader.image(42).environment.serviceName).toBe('');
    expect(reader.image(43).environment.serviceName).toBe('');
  });

  test('what is gone is unknown', () => {
    const reader = new ProcReader(newTree().root);
    expect(reader.stat(4711)).toBe(undefined);
    expect(reader.image(4711)).toMatchObject({ executable: '', args: [], userId: -1, cgroup: { path: '' } });
    expect(new ProcReader('/nowhere').stat(1)).toBe(undefined);
  });

  test('a real process', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      env: { OTEL_SERVICE_NAME: 'real', PASSWORD: 'x' },
      stdio: 'ignore',
    });
    try {
      await new Promise((resolve) => child.once('spawn', resolve));
      const reader = new ProcReader();
      const pid = child.pid ?? 0;
      const image = reader.image(pid);
      expect(reader.stat(pid)?.parentPid).toBe(process.pid);
      expect(image.executable).toBe(reader.link('self/exe'));
      expect(image.environment).toEqual({ serviceName: 'real', resourceAttributes: '' });
      expect(image.args[1]).toBe('-e');
      expect(image.userId).toBe(process.geteuid?.());
    } finally {
      child.kill('SIGKILL');
    }
  });
});
