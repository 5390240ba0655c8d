#!/bin/bash
# clean-debian.sh ROOT PACKAGES NPM COMMAND…: runs a command on a Debian on which nothing has been installed, as its
# first process. ROOT, what debootstrap made, stays as it is; PACKAGES is /packages there. With NPM, the directory of
# that package, the machine's Node and npm are in /opt/node, as they would be after unpacking Node's own archive.
set -euo pipefail
root=$1 packages=$2 npm=$3
shift 3
if [ "${entered-}" = "" ]; then
  entered=1 exec unshare --mount --pid --fork --kill-child --uts "$0" "$root" "$packages" "$npm" "$@"
fi
unset entered

mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
cd /mnt/root
mkdir packages
mount --bind "$packages" packages
if [ "$npm" != "" ]; then
  mkdir -p opt/node/bin opt/node/lib/node_modules/npm
  cp "$(command -v node)" opt/node/bin/node
  ln -s ../lib/node_modules/npm/bin/npm-cli.js opt/node/bin/npm
  mount --bind "$npm" opt/node/lib/node_modules/npm
fi
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount --rbind /dev dev
mount -t tmpfs tmpfs tmp
cp /etc/resolv.conf /etc/hosts etc/
pivot_root . mnt
umount -l /mnt
export PATH=/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
exec "$@"
