#!/bin/sh
# init of the guest's initrd: the host's root file system read-only under a tmpfs, then /share/guest.sh in it.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do insmod "/modules/$module"; done
nine=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o $nine,ro,cache=loose hostroot /lower
mount -t tmpfs -o mode=755 tmpfs /upper
mkdir -p /upper/data /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work overlay /newroot
mount -t proc proc /newroot/proc
mount -t sysfs sys /newroot/sys
mount --move /dev /newroot/dev
mkdir -p /newroot/share
mount -t 9p -o $nine,cache=none share /newroot/share
umount /sys /proc
exec switch_root /newroot /bin/bash /share/guest.sh
