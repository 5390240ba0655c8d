#!/bin/bash
# PID 1 of a world: everything below is seen in its namespaces only, and is gone with it.
# $1: the runtime under test; $2: the image to import; $3: the cgroup that becomes the root of the world's hierarchy;
# $4: nothing, or a directory that is there as well, at its own path.
set -euo pipefail
runtime=$1 image=$2 cgroup=$3 shown=$4
world=/run/world

# The process that waits outside stays where it was: a cgroup with processes of its own has no controllers to give.
if [ "${entered-}" = "" ]; then
  echo 0 > "$cgroup/cgroup.procs"
  entered=1 exec unshare --cgroup "$0" "$@"
fi

mount --make-rprivate /
mount -t tmpfs world /mnt
mkdir /mnt/bin
touch "/mnt/bin/$(basename "$runtime")"
mount --bind "$runtime" "/mnt/bin/$(basename "$runtime")"
cp "$image" /mnt/image.tar
[ "$shown" = "" ] || { mkdir /mnt/shown && mount --bind "$shown" /mnt/shown; }

# The clients' own directories, empty: as on a machine where they have just been installed.
mkdir -p /var/lib/containers /var/lib/docker /var/lib/containerd
mount -t tmpfs -o mode=755 run /run
mkdir "$world"
mount --move /mnt "$world"
for directory in /tmp /var/tmp /var/lib/containers /var/lib/docker /var/lib/containerd /root /home; do
  mount -t tmpfs -o mode=755 "$(basename "$directory")" "$directory"
done
chmod 1777 /tmp /var/tmp
[ "$shown" = "" ] || { mkdir -p "$shown" && mount --bind "$world/shown" "$shown"; }

umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /sys/fs/cgroup/init
echo 0 > /sys/fs/cgroup/init/cgroup.procs
ip link set lo up

touch "$world/ready"
# bash collects what its children leave behind, as a first process has to.
while :; do sleep 60; done
