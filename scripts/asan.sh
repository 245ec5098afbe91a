#!/bin/bash
# asan.sh: builds the addons with the address and undefined-behaviour sanitizers (in build/asan, apart from the normal
# build) and runs test/native/ with them: no error and no leak of an addon. Needs root and built eBPF objects.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")

mkdir -p build/asan
for part in native bpf node_modules package.json binding.gyp; do ln -sfn "$PWD/$part" "build/asan/$part"; done
gyp() {
  (cd build/asan && node node_modules/node-gyp/bin/node-gyp.js "$@") >build/asan/node-gyp.log 2>&1 || {
    cat build/asan/node-gyp.log >&2
    exit 1
  }
}
gyp configure "--nodedir=$prefix" -- -Daddress_sanitizer=1
gyp build --jobs=max "--nodedir=$prefix"

node_modules/.bin/esbuild test/native/lifecycle.ts test/native/compression.ts --bundle --platform=node --format=esm \
  --target=node20 '--external:*.node' --log-level=warning --outdir=build/test/asan --out-extension:.js=.mjs

export SONDE_ADDON=$PWD/build/asan/build/Release/sonde.node
export LD_PRELOAD=$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libubsan.so)
# node itself leaks at its end: reports are collected, and only what the addon or libbpf allocated themselves counts. Every call of
# the addon comes from node, so suppressing node's frames would suppress all.
reports=build/asan/report
rm -f "$reports".*
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1:fast_unwind_on_malloc=0:malloc_context_size=12:log_path=$PWD/$reports
export LSAN_OPTIONS=exitcode=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

# ip link and the shell run without the sanitizer.
preload=$LD_PRELOAD
unset LD_PRELOAD
leaks() {
  # What the scenario's own children left (python3, true) names neither.
  if cat "$reports".* 2>/dev/null | awk -v RS= '/#[12] [^\n]*((sonde|compression)\.node|libbpf)/ { print; found = 1 } END { exit !found }' >&2; then
    echo "asan: $1 leaks" >&2
    exit 1
  fi
  rm -f "$reports".*
  echo "asan: $1 passed"
}
run() {
  unshare --net sh -c 'ip link set lo up && exec env LD_PRELOAD="$0" "$@"' "$preload" \
    node --expose-gc build/test/asan/lifecycle.mjs "$@"
  leaks "$1"
}
SONDE_COMPRESSION=$PWD/build/asan/build/Release/compression.node LD_PRELOAD=$preload node build/test/asan/compression.mjs
leaks compression
run misuse
run throwing
run programsGone
run cycles 10
run abandon 5
run terminate 10
run exit
