#!/bin/bash
# test-kernels.sh [SUITE[:FLAVOUR]...]: loads, attaches and counts on Debian's kernels in throw-away VMs (test/kernel/vm/check.ts).
# Default: bookworm (6.1), bookworm-backports (6.12), sid (the newest), all for amd64. `arm64` stands for bookworm-backports:arm64,
# sid:arm64 and sid:arm64-16k (pages of 16 KiB), for which the programs and the addon are cross-compiled. Needs root; kernels are
# kept in $SONDE_VM_DIR (default ~/.cache/sonde-vm). About half a minute for each kernel, two minutes more when the addon for
# arm64 is compiled. Exit status: 0 if all are right.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
vm_dir=${SONDE_VM_DIR:-$HOME/.cache/sonde-vm}
if [ "$(id -u)" != 0 ]; then exec sudo -n --preserve-env=SONDE_VM_DIR,HOME "$0" "$@"; fi

[ $# -gt 0 ] || set -- bookworm bookworm-backports sid
kernels=()
for suite in "$@"; do
  case $suite in
    arm64) kernels+=(bookworm-backports:arm64 sid:arm64 sid:arm64-16k) ;;
    *:*) kernels+=("$suite") ;;
    *) kernels+=("$suite:amd64") ;;
  esac
done
scripts/kernels/prepare.sh "$vm_dir" "${kernels[@]}"
node_modules/.bin/esbuild test/kernel/vm/check.ts --bundle --platform=node --format=esm --target=node20 \
  '--external:*.node' --log-level=warning --outfile=build/test/vm/check.mjs
if [[ " ${kernels[*]}" == *:arm64* ]]; then
  node scripts/kernels/cross-build.mjs arm64 "$vm_dir/root-arm64" build/arm64
  install -D -t build/arm64/test/vm build/test/vm/check.mjs
fi

# No CAP_SYS_RESOURCE and 64 KiB of locked memory: what a container has.
command="PATH=\$PATH:$(dirname "$(command -v node)"); ulimit -l 64; exec setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource node build/test/vm/check.mjs"
failed=0
for kernel in "${kernels[@]}"; do
  status=0
  output=$(scripts/kernels/run.sh "$vm_dir/${kernel/:/-}" 180 "$command") || status=$?
  [ $status = 0 ] || failed=1
  node -e '
    const [suite, status, output] = process.argv.slice(1);
    let row = {};
    try { row = JSON.parse(output.trim().split("\n").at(-1)); } catch {}
    const size = row.mapBytes ? (row.mapBytes / 2 ** 20).toFixed(2) + " MiB of maps" : "";
    console.log([status === "0" ? "passed" : "FAILED", suite.padEnd(24), (row.kernel ?? "").padEnd(26), (row.backend ?? "").padEnd(11), size].join("  "));
    for (const problem of row.problems ?? [`status ${status}`, output]) console.log("        " + problem);
  ' "$kernel" "$status" "$output"
done
exit $failed
