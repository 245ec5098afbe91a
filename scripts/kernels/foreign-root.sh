#!/bin/bash
# foreign-root.sh DIR ARCHITECTURE: a guest's root file system for another architecture in DIR/root-ARCHITECTURE: Debian's
# packages unpacked (nothing of them is run), and Node of the host's version from the npm registry. The headers and libraries
# are also what build.mjs builds against. What DIR/root-ARCHITECTURE/ready says to be up to date is left alone.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
. "$here/apt.sh"
dir=$1 architecture=$2
root=$dir/root-$architecture
node=$(node -p process.versions.node)
contents="$node $(sha256sum <"$0")"

need=()
for tool in qemu-system-aarch64:qemu-system-arm aarch64-linux-gnu-g++:g++-aarch64-linux-gnu; do
  command -v "${tool%%:*}" >/dev/null || need+=("${tool#*:}")
done
[ ${#need[@]} = 0 ] || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null

[ "$(cat "$root/ready" 2>/dev/null)" = "$contents" ] && exit
rm -rf "$root"
mkdir -p "$root/usr/local"
packages=(bash busybox-static coreutils curl dash gcc grep iproute2 libc6-dev libcap2-bin mount procps python3 sed util-linux
  libbpf-dev liblz4-dev libsnappy-dev libstdc++6 libzstd-dev redis-server redis-tools)
state=$dir/apt/bookworm-$architecture
init_apt "$state" bookworm "$architecture"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
private_apt "$state" apt-get -y -qq --download-only --no-install-recommends -o Dir::Cache::archives="$scratch" install "${packages[@]}" >/dev/null
for package in "$scratch"/*.deb; do dpkg-deb -x "$package" "$root"; done
# npm_package NAME VERSION DIRECTORY [MEMBER]: unpacks it, or what of it is below MEMBER.
npm_package() {
  local file
  file=$(cd "$scratch" && npm pack --silent "$1@$2" | tail -1)
  mkdir -p "$3"
  tar -xzf "$scratch/$file" -C "$3" --strip-components=1 "package${4:+/$4}"
}
npm_package "node-linux-$architecture" "$node" "$root/usr/local" bin
# Parts of esbuild and jest in this architecture's code: found from node_modules of every directory above theirs.
for part in esbuild:@esbuild/linux-arm64 unrs-resolver:@unrs/resolver-binding-linux-arm64-gnu; do
  npm_package "${part#*:}" "$(node -p "require('./node_modules/${part%%:*}/package.json').version")" "$root/node_modules/${part#*:}"
done
# Packages make these when they are installed.
[ -e "$root/bin/sh" ] || ln -s dash "$root/bin/sh"
echo "root:x:0:0:root:/root:/bin/bash" >"$root/etc/passwd"
echo "$contents" >"$root/ready"
echo "root for $architecture: Node $node" >&2
