#!/bin/bash
# prepare.sh DIR SUITE[:FLAVOUR]...: puts a bootable Debian kernel of each into DIR/SUITE-FLAVOUR (root, x86-64 Debian host).
# SUITE is bookworm (6.1), bookworm-backports (6.12) or sid (the newest); FLAVOUR is a package linux-image-FLAVOUR: amd64
# (default), arm64, arm64-16k. DIR/SUITE-FLAVOUR/ready holds the release; what has it is left alone.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
. "$here/apt.sh"
dir=$(mkdir -p "$1" && readlink -f "$1")
shift

need=()
for tool in qemu-system-x86_64:qemu-system-x86 busybox:busybox-static depmod:kmod cpio:cpio xz:xz-utils zstd:zstd; do
  command -v "${tool%%:*}" >/dev/null || need+=("${tool#*:}")
done
[ ${#need[@]} = 0 ] || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null

# download STATE FLAVOUR ROOT: unpacks the suite's kernel packages below ROOT and prints the release.
download() {
  local state=$1 root=$3 image release packages scratch package
  mkdir -p "$root"
  image=$(private_apt "$state" apt-cache depends "linux-image-$2" | awk '/Depends: linux-image-[0-9]/ {print $2; exit}')
  release=${image#linux-image-}
  packages=$image
  # From 2026 on the image package is split.
  if private_apt "$state" apt-cache show "linux-binary-$release" >/dev/null 2>&1; then
    packages="linux-binary-$release linux-modules-$release"
  fi
  scratch=$(mktemp -d)
  # shellcheck disable=SC2086
  (cd "$scratch" && private_apt "$state" apt-get -qq download $packages)
  for package in "$scratch"/*.deb; do dpkg-deb -x "$package" "$root"; done
  rm -rf "$scratch"
  if [ -d "$root/usr/lib/modules" ]; then
    mkdir -p "$root/lib"
    mv "$root/usr/lib/modules" "$root/lib/modules"
  fi
  echo "$release"
}

# module_files ROOT RELEASE: what the guest must insert to mount its root, in order, each once.
module_files() {
  local module
  for module in virtio_pci 9pnet_virtio 9p overlay; do
    modprobe -d "$1" -S "$2" --show-depends "$module" 2>/dev/null | awk '$1 == "insmod" {print $2}' || true
  done | awk '!seen[$0]++'
}

# initrd BUSYBOX ROOT RELEASE OUTPUT: busybox, the modules and guest-boot.sh as init.
initrd() {
  local tree file name
  tree=$(mktemp -d)
  mkdir -p "$tree"/{bin,dev,proc,sys,modules,lower,upper,newroot}
  cp "$1" "$tree/bin/busybox"
  for name in sh mount umount mkdir insmod switch_root cat; do ln -s busybox "$tree/bin/$name"; done
  : >"$tree/modules/order"
  module_files "$2" "$3" | while read -r file; do
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
  (cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >"$4"
  rm -rf "$tree"
}

for kernel in "$@"; do
  suite=${kernel%%:*}
  flavour=amd64
  [ "$suite" = "$kernel" ] || flavour=${kernel#*:}
  architecture=${flavour%%-*}
  busybox=$(command -v busybox)
  if [ "$architecture" != amd64 ]; then
    "$here/foreign-root.sh" "$dir" "$architecture"
    busybox=$dir/root-$architecture/bin/busybox
  fi
  target=$dir/$suite-$flavour
  [ -e "$target/ready" ] && continue
  rm -rf "$target"
  state=$dir/apt/$suite-$architecture
  init_apt "$state" "$suite" "$architecture"
  release=$(download "$state" "$flavour" "$target")
  depmod -b "$target" "$release" 2>/dev/null
  image=$(ls "$target"/boot/vmlinuz-* "$target/lib/modules/$release/vmlinuz" 2>/dev/null | head -1 || true)
  # Unpacked here: the guest's emulated CPU takes many seconds for it.
  node "$here/unpack-kernel.mjs" "$image" "$target/vmlinux"
  initrd "$busybox" "$target" "$release" "$target/initrd"
  echo "$architecture" >"$target/architecture"
  echo "$release" >"$target/ready"
  echo "$suite $flavour: $release" >&2
done
