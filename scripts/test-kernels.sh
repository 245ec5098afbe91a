#!/bin/bash
# test-kernels.sh [SUITE...]: loads, attaches and counts on Debian's kernels in throw-away VMs (test/kernel/vm/check.ts).
# Default: bookworm (6.1), bookworm-backports (6.12), sid (the newest). Needs root; kernels are kept in $SONDE_VM_DIR
# (default ~/.cache/sonde-vm). About half a minute for each kernel. Exit status: 0 if all are right.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
vm_dir=${SONDE_VM_DIR:-$HOME/.cache/sonde-vm}
[ $# -gt 0 ] || set -- bookworm bookworm-backports sid

if [ "$(id -u)" != 0 ]; then exec sudo -n --preserve-env=SONDE_VM_DIR,HOME "$0" "$@"; fi
scripts/kernels/prepare.sh "$vm_dir" "$@"
node_modules/.bin/esbuild test/kernel/vm/check.ts --bundle --platform=node --format=esm --target=node20 \
  '--external:*.node' --log-level=warning --outfile=build/test/vm/check.mjs

# No CAP_SYS_RESOURCE and 64 KiB of locked memory: what a container has.
command="ulimit -l 64; exec setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource $(command -v node) build/test/vm/check.mjs"
failed=0
for suite in "$@"; do
  status=0
  output=$(scripts/kernels/run.sh "$vm_dir/$suite" 180 "$command") || status=$?
  [ $status = 0 ] || failed=1
  node -e '
    const [suite, status, output] = process.argv.slice(1);
    let row = {};
    try { row = JSON.parse(output.trim().split("\n").at(-1)); } catch {}
    const size = row.mapBytes ? (row.mapBytes / 2 ** 20).toFixed(2) + " MiB of maps" : "";
    console.log([status === "0" ? "passed" : "FAILED", suite.padEnd(18), (row.kernel ?? "").padEnd(26), (row.backend ?? "").padEnd(11), size].join("  "));
    for (const problem of row.problems ?? [`status ${status}`, output]) console.log("        " + problem);
  ' "$suite" "$status" "$output"
done
exit $failed
