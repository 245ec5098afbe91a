#!/bin/bash
# test-kernels.sh [SUITE[:FLAVOUR[:VARIANT]]...]: Sonde on Debian's kernels in throw-away VMs: loads, attaches and counts
# (test/kernel/vm/check.ts), and makes a span at each end of calls to real servers (spans.ts).
#
#   bookworm            6.1; bookworm-backports: 6.12; sid: the newest. These three are the default.
#   sid:arm64           another flavour of the kernel's package: arm64, arm64-16k (pages of 16 KiB)
#   arm64               bookworm-backports:arm64, sid:arm64 and sid:arm64-16k; programs and addon are cross-compiled
#   5.15                what there is in place of a kernel of that age: bookworm:amd64:no-loop (6.1, programs compiled as if
#                       there was no bpf_loop) and bullseye:amd64:linux-5.10 (what 5.10 lacks is done by other means)
#
# SONDE_VM_TESTS='kernel/(tap|traps)' runs these tests in the guest as well, in 2 to 10 minutes. Needs root; kernels are
# kept in $SONDE_VM_DIR (default ~/.cache/sonde-vm). About 40 seconds for each kernel of amd64 and a minute for one of
# arm64, two minutes more when the addon for arm64 is compiled. Exit status: 0 if all are right.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
vm_dir=${SONDE_VM_DIR:-$HOME/.cache/sonde-vm}
if [ "$(id -u)" != 0 ]; then exec sudo -n --preserve-env=SONDE_VM_DIR,SONDE_VM_TESTS,HOME "$0" "$@"; fi

[ $# -gt 0 ] || set -- bookworm bookworm-backports sid
kernels=()
for suite in "$@"; do
  case $suite in
    arm64) kernels+=(bookworm-backports:arm64 sid:arm64 sid:arm64-16k) ;;
    5.15) kernels+=(bookworm:amd64:no-loop bullseye:amd64:linux-5.10) ;;
    *:*) kernels+=("$suite") ;;
    *) kernels+=("$suite:amd64") ;;
  esac
done

path="PATH=\$PATH:$(dirname "$(command -v node)")"
jest='node --experimental-vm-modules --no-warnings node_modules/jest/bin/jest.js --selectProjects kernel -i --testTimeout 600000'
seconds=${SONDE_VM_TESTS:+3000}
tests=${SONDE_VM_TESTS:+ && $jest --testPathPatterns "'$SONDE_VM_TESTS'" >&2}
failed=0
for kernel in "${kernels[@]}"; do
  IFS=: read -r suite flavour variant <<<"$kernel"
  scripts/kernels/prepare.sh "$vm_dir" "$suite:$flavour"
  build=build/vm/${flavour%%-*}${variant:+-$variant}
  node scripts/kernels/build.mjs "${flavour%%-*}" "${variant:--}" "$vm_dir" "$build"
  # No CAP_SYS_RESOURCE and 64 KiB of locked memory: what a container has. 5.10 still charges maps to that limit.
  container='ulimit -l 64; exec setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource'
  [ "$variant" != linux-5.10 ] || container=exec
  status=0
  output=$(scripts/kernels/run.sh "$vm_dir/$suite-$flavour" "$build" "${seconds:-400}" \
    "$path; ($container bash -c 'cd build/test/vm; node check.mjs $variant && node spans.mjs')$tests") || status=$?
  [ $status = 0 ] || failed=1
  node -e '
    const [kernel, status, output] = process.argv.slice(1);
    const rows = output.trim().split("\n").flatMap((line) => { try { return [JSON.parse(line)]; } catch { return []; } });
    const row = Object.assign({}, ...rows);
    const size = row.mapBytes ? (row.mapBytes / 2 ** 20).toFixed(2) + " MiB of maps" : "";
    const spans = row.spans ? "spans: " + row.spans.join(", ") : "";
    console.log([status === "0" ? "passed" : "FAILED", kernel.padEnd(26), (row.kernel ?? "").padEnd(26), (row.backend ?? "").padEnd(11), size, spans].join("  "));
    const problems = rows.flatMap((each) => each.problems);
    if (status !== "0" && problems.length === 0) problems.push(`status ${status}`, output);
    for (const problem of problems) console.log("        " + problem);
  ' "$kernel" "$status" "$output"
done
exit $failed
