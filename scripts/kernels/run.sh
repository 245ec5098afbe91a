#!/bin/bash
# run.sh KERNEL_DIR BUILD SECONDS COMMAND: runs COMMAND (one bash string) as root in a throw-away QEMU guest (emulated, no
# KVM needed) with a kernel made by prepare.sh. The guest sees the host's files read-only under a tmpfs and starts in the same
# directory; a guest of another architecture sees its own root file system (foreign-root.sh) with this directory in it.
# The directory BUILD is seen in place of build/. Standard output comes back; the exit status is COMMAND's, 124 after
# SECONDS, 125 if the guest died.
set -u
kernel=$1 build=$2 seconds=$3 command=$4
architecture=$(cat "$kernel/architecture")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/share" "$scratch/root"
printf 'cd %q || exit 125\n%s\n' "$PWD" "$command" >"$scratch/share/command.sh"
cat >"$scratch/share/guest.sh" <<'EOG'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mkdir -p /dev/shm /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=755 tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ln -sfn /proc/self/fd /dev/fd
ip link set lo up
bash /share/command.sh </dev/null >/share/stdout 2>/share/stderr
echo $? >/share/status
sync
echo o >/proc/sysrq-trigger
sleep 20
EOG
common='quiet loglevel=3 panic=-1 mitigations=off nokaslr random.trust_cpu=1'
case $architecture in
  amd64)
    root=/
    machine=(qemu-system-x86_64 -M q35,usb=off,smbus=off,sata=off,hpet=off -cpu max)
    append="console=ttyS0 tsc=reliable no_timer_check $common"
    ;;
  arm64)
    root=$(dirname "$kernel")/root-$architecture
    mkdir -p "$root$PWD"
    # This CPU has pages of 4, 16 and 64 KiB, and none of the pointer authentication that is slow to emulate.
    machine=(qemu-system-aarch64 -M virt,gic-version=3 -cpu neoverse-n1)
    append="console=ttyAMA0 $common"
    ;;
esac
# The bind mounts keep the guest from seeing what is mounted over the host's directories, /proc and /sys above all.
cat >"$scratch/mount.sh" <<'EOM'
set -e
mount --bind "$1" "$2"
[ "$1" = / ] || mount --bind . "$2$PWD"
[ "$3" -ef build ] || mount --bind "$3" "$2$PWD/build"
shift 3
exec "$@"
EOM
timeout -k 5 "$seconds" unshare -m --propagation private bash "$scratch/mount.sh" "$root" "$scratch/root" "$build" \
  "${machine[@]}" -accel tcg,thread=multi,tb-size=512 \
  -smp 2 -m 2048 -nodefaults -no-user-config -display none -no-reboot -monitor none -serial "file:$scratch/console" \
  -kernel "$kernel/vmlinux" -initrd "$kernel/initrd" -append "$append" \
  -virtfs "local,path=$scratch/root,mount_tag=hostroot,security_model=none,readonly=on,multidevs=remap" \
  -virtfs "local,path=$scratch/share,mount_tag=share,security_model=none,multidevs=remap" </dev/null
status=$?
cat "$scratch/share/stdout" 2>/dev/null
cat "$scratch/share/stderr" >&2 2>/dev/null
[ -s "$scratch/share/status" ] && exit "$(cat "$scratch/share/status")"
tail -20 "$scratch/console" >&2
[ $status = 124 ] && exit 124
exit 125
