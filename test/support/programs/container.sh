#!/bin/sh
# As a container runtime: a root of its own, of which nothing can be written but /out, and a /proc of its own processes.
# container.sh REPOSITORY CONFIG_DIRECTORY OUT_DIRECTORY COMMAND…   (in new mount and PID namespaces)
set -e
repository=$1 config=$2 out=$3
shift 3
root=$(mktemp -d)
mount -t tmpfs none "$root"
for directory in usr lib lib32 lib64 bin sbin; do
	if [ -L "/$directory" ]; then
		cp -a "/$directory" "$root/$directory"
	elif [ -d "/$directory" ]; then
		mkdir "$root/$directory"
		mount --bind "/$directory" "$root/$directory"
	fi
done
node=$(dirname "$(readlink -f "$(command -v node)")")
if [ ! -d "$root$node" ]; then
	mkdir -p "$root$node"
	mount --bind "$node" "$root$node"
fi
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/out" "$root/etc/sonde" "$root/opt/sonde"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
# All that an image has to hold of Sonde.
for part in bin dist package.json build/Release build/bpf; do
	if [ -d "$repository/$part" ]; then
		mkdir -p "$root/opt/sonde/$part"
		mount --bind "$repository/$part" "$root/opt/sonde/$part"
	else
		cp "$repository/$part" "$root/opt/sonde/$part"
	fi
done
mount --bind "$config" "$root/etc/sonde"
mount --bind "$out" "$root/out"
mount -t proc none "$root/proc"
mount --rbind /sys "$root/sys"
for device in null urandom; do
	touch "$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done
mount -o remount,ro "$root"
exec chroot "$root" "$@"
