#!/bin/bash
# prepare.sh DIR SUITE...: puts a bootable kernel of each Debian SUITE into DIR/SUITE (root, x86-64 Debian host).
# bookworm: 6.1, bookworm-backports: 6.12, sid: the newest. The host's apt configuration is not touched: each suite has
# a private apt state under DIR/apt. DIR/SUITE/ready holds the release; a suite that has it is left alone.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
dir=$(mkdir -p "$1" && readlink -f "$1")
shift
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

need=()
for tool in qemu-system-x86_64:qemu-system-x86 busybox:busybox-static depmod:kmod cpio:cpio xz:xz-utils zstd:zstd; do
  command -v "${tool%%:*}" >/dev/null || need+=("${tool#*:}")
done
[ ${#need[@]} = 0 ] || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null

# The mirror that the host already uses.
mirror=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list /etc/apt/sources.list 2>/dev/null |
  grep -v '^ *#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -1 | tr -d ' ' || true)
mirror=${mirror:-http://deb.debian.org/debian}
mirror=${mirror%/}

suite_apt() {
  local state=$dir/apt/$1 tool=$2
  shift 2
  "$tool" -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" -o Dir::State::status=/dev/null \
    -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

# download SUITE ROOT: unpacks the suite's kernel packages below ROOT and prints the release.
download() {
  local suite=$1 root=$2 state=$dir/apt/$1 image packages scratch package
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$root"
  {
    echo "deb [signed-by=$keyring] $mirror $suite main"
    if [ "$suite" = bookworm ]; then
      echo "deb [signed-by=$keyring] $mirror-security $suite-security main"
    fi
  } >"$state/sources.list"
  suite_apt "$suite" apt-get -qq update
  image=$(suite_apt "$suite" apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-[0-9]/ {print $2; exit}')
  packages=$image
  # From 2026 on the image package is split.
  if suite_apt "$suite" apt-cache show "linux-binary-${image#linux-image-}" >/dev/null 2>&1; then
    packages="linux-binary-${image#linux-image-} linux-modules-${image#linux-image-}"
  fi
  scratch=$(mktemp -d)
  # shellcheck disable=SC2086
  (cd "$scratch" && suite_apt "$suite" apt-get -qq download $packages)
  for package in "$scratch"/*.deb; do dpkg-deb -x "$package" "$root"; done
  rm -rf "$scratch"
  if [ -d "$root/usr/lib/modules" ]; then
    mkdir -p "$root/lib"
    mv "$root/usr/lib/modules" "$root/lib/modules"
  fi
  echo "${image#linux-image-}"
}

# module_files ROOT RELEASE: what the guest must insert to mount its root, in order, each once.
module_files() {
  local module
  for module in virtio_pci 9pnet_virtio 9p overlay; do
    modprobe -d "$1" -S "$2" --show-depends "$module" 2>/dev/null | awk '$1 == "insmod" {print $2}' || true
  done | awk '!seen[$0]++'
}

# initrd ROOT RELEASE OUTPUT: busybox, the modules and guest-boot.sh as init.
initrd() {
  local tree file name
  tree=$(mktemp -d)
  mkdir -p "$tree"/{bin,dev,proc,sys,modules,lower,upper,newroot}
  cp "$(command -v busybox)" "$tree/bin/busybox"
  for name in sh mount umount mkdir insmod switch_root cat; do ln -s busybox "$tree/bin/$name"; done
  : >"$tree/modules/order"
  module_files "$1" "$2" | while read -r file; do
    name=$(basename "$file")
    name=${name%.xz}
    name=${name%.zst}
    case $file in
      *.xz) xz -dc "$file" ;;
      *.zst) zstd -qdc "$file" ;;
      *) cat "$file" ;;
    esac >"$tree/modules/$name"
    echo "$name" >>"$tree/modules/order"
  done
  cp "$here/guest-boot.sh" "$tree/init"
  chmod +x "$tree/init"
  (cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >"$3"
  rm -rf "$tree"
}

for suite in "$@"; do
  target=$dir/$suite
  [ -e "$target/ready" ] && continue
  rm -rf "$target"
  release=$(download "$suite" "$target")
  depmod -b "$target" "$release" 2>/dev/null
  image=$(ls "$target"/boot/vmlinuz-* "$target/lib/modules/$release/vmlinuz" 2>/dev/null | head -1 || true)
  # Unpacked here: the guest's emulated CPU takes many seconds for it.
  node "$here/unpack-kernel.mjs" "$image" "$target/vmlinux"
  initrd "$target" "$release" "$target/initrd"
  echo "$release" >"$target/ready"
  echo "$suite: $release" >&2
done
