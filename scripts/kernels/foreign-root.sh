#!/bin/bash
# foreign-root.sh DIR ARCHITECTURE: a guest's root file system for another architecture in DIR/root-ARCHITECTURE: Debian's
# packages unpacked (nothing of them is run), and Node of the host's version from the npm registry. The headers and libraries
# are also what cross-build.mjs builds against. DIR/root-ARCHITECTURE/ready holds Node's version; what has it is left alone.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
. "$here/apt.sh"
dir=$1 architecture=$2
root=$dir/root-$architecture
node=$(node -p process.versions.node)

need=()
for tool in qemu-system-aarch64:qemu-system-arm aarch64-linux-gnu-g++:g++-aarch64-linux-gnu; do
  command -v "${tool%%:*}" >/dev/null || need+=("${tool#*:}")
done
[ ${#need[@]} = 0 ] || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null

[ "$(cat "$root/ready" 2>/dev/null)" = "$node" ] && exit
rm -rf "$root"
mkdir -p "$root/usr/local"
packages=(bash busybox-static coreutils dash grep iproute2 libcap2-bin mount procps python3 sed util-linux
  libbpf-dev liblz4-dev libsnappy-dev libstdc++6 libzstd-dev redis-server redis-tools)
state=$dir/apt/bookworm-$architecture
init_apt "$state" bookworm "$architecture"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
private_apt "$state" apt-get -y -qq --download-only --no-install-recommends -o Dir::Cache::archives="$scratch" install "${packages[@]}" >/dev/null
for package in "$scratch"/*.deb; do dpkg-deb -x "$package" "$root"; done
(cd "$scratch" && npm pack --silent "node-linux-$architecture@$node" >/dev/null)
tar -xzf "$scratch"/node-linux-*.tgz -C "$root/usr/local" --strip-components=1 package/bin
# Packages make these when they are installed.
[ -e "$root/bin/sh" ] || ln -s dash "$root/bin/sh"
echo "root:x:0:0:root:/root:/bin/bash" >"$root/etc/passwd"
echo "$node" >"$root/ready"
echo "root for $architecture: Node $node" >&2
