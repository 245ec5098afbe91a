// Debian packages and what each is for. `paths`: the package counts as there when one of them exists, so that tools
// that came another way are taken as they are.
const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

export const buildPackages = [
  { name: 'clang', why: 'compiles the eBPF programs', paths: ['/usr/bin/clang'] },
  { name: 'llvm', why: 'strips the compiled eBPF programs', paths: ['/usr/bin/llvm-strip'] },
  { name: 'bpftool', why: 'reads the record layout from BTF', paths: ['/usr/sbin/bpftool', '/usr/bin/bpftool'] },
  { name: 'libbpf-dev', why: 'loads eBPF programs; eBPF headers', paths: ['/usr/include/bpf/libbpf.h'] },
  { name: 'libelf-dev', why: 'libbpf reads ELF files with it', paths: ['/usr/include/libelf.h'] },
  { name: 'libzstd-dev', why: 'bodies and files in zstd', paths: ['/usr/include/zstd.h'] },
  { name: 'liblz4-dev', why: 'bodies in lz4', paths: ['/usr/include/lz4frame.h'] },
  { name: 'libsnappy-dev', why: 'bodies in snappy', paths: ['/usr/include/snappy-c.h'] },
  { name: 'zlib1g-dev', why: 'libelf needs it', paths: ['/usr/include/zlib.h'] },
  {
    name: 'libc6-dev',
    why: 'C headers',
    paths: [`/usr/include/${triplet}/bits/types.h`, '/usr/include/bits/types.h'],
  },
  {
    name: 'linux-libc-dev',
    why: 'kernel headers for eBPF programs',
    paths: [`/usr/include/${triplet}/asm/types.h`, '/usr/include/asm/types.h'],
  },
  { name: 'g++', why: 'compiles the addon', paths: ['/usr/bin/g++'] },
  { name: 'make', why: 'builds the addon', paths: ['/usr/bin/make'] },
  { name: 'python3', why: 'node-gyp, which builds the addon, is written in it', paths: ['/usr/bin/python3'] },
];

export const testPackages = [
  { name: 'clang-format', why: 'checks the format of C and C++', paths: ['/usr/bin/clang-format'] },
  { name: 'gcc', why: 'compiles small test programs', paths: ['/usr/bin/gcc'] },
  { name: 'openssl', why: 'certificates of the tests', paths: ['/usr/bin/openssl'] },
  { name: 'zstd', why: 'bodies in zstd for the tests', paths: ['/usr/bin/zstd'] },
  { name: 'iproute2', why: 'makes network namespaces', paths: ['/usr/sbin/ip', '/sbin/ip', '/bin/ip'] },
  { name: 'util-linux', why: 'enters network namespaces', paths: ['/usr/bin/nsenter'] },
  { name: 'nginx-light', why: 'a server of the tests', paths: ['/usr/sbin/nginx'] },
  {
    name: 'libnginx-mod-http-echo',
    why: 'slow answers of nginx',
    paths: ['/usr/lib/nginx/modules/ngx_http_echo_module.so'],
  },
  { name: 'apache2', why: 'a server of the tests', paths: ['/usr/sbin/apache2'] },
  { name: 'haproxy', why: 'a server of the tests', paths: ['/usr/sbin/haproxy'] },
  {
    name: 'python3-aiohttp',
    why: 'a server of the tests',
    paths: ['/usr/lib/python3/dist-packages/aiohttp/__init__.py'],
  },
  {
    name: 'python3-grpcio',
    why: 'a gRPC server and client of the tests',
    paths: ['/usr/lib/python3/dist-packages/grpc/__init__.py'],
  },
  { name: 'nghttp2-server', why: 'nghttpd, a server of the tests', paths: ['/usr/sbin/nghttpd'] },
  { name: 'nghttp2-client', why: 'h2load, a client of the tests', paths: ['/usr/bin/h2load'] },
  { name: 'redis-server', why: 'a server of the tests', paths: ['/usr/bin/redis-server'] },
  { name: 'redis-tools', why: 'redis-cli and redis-benchmark, clients of the tests', paths: ['/usr/bin/redis-cli'] },
  { name: 'postgresql-15', why: 'a server of the tests', paths: ['/usr/lib/postgresql/15/bin/postgres'] },
  {
    name: 'postgresql-client-15',
    why: 'psql and pgbench, clients of the tests',
    paths: ['/usr/lib/postgresql/15/bin/psql'],
  },
  {
    name: 'python3-psycopg',
    why: 'a client of the tests',
    paths: ['/usr/lib/python3/dist-packages/psycopg/__init__.py'],
  },
  { name: 'mariadb-server', why: 'a server of the tests', paths: ['/usr/sbin/mariadbd'] },
  { name: 'mariadb-client', why: 'a client of the tests', paths: ['/usr/bin/mariadb'] },
  {
    name: 'python3-pymysql',
    why: 'a client of the tests',
    paths: ['/usr/lib/python3/dist-packages/pymysql/__init__.py'],
  },
  { name: 'tcpdump', why: 'captures that the tests replay', paths: ['/usr/bin/tcpdump', '/usr/sbin/tcpdump'] },
  { name: 'curl', why: 'a client of the tests', paths: ['/usr/bin/curl'] },
  { name: 'wrk', why: 'a client of the tests and the benchmark', paths: ['/usr/bin/wrk'] },
  { name: 'apache2-utils', why: 'ab, a client of the tests', paths: ['/usr/bin/ab'] },
];
