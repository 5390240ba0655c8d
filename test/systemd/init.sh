#!/bin/sh
# PID 1 until it becomes systemd. The root is the host's file system, read-only: only what is mounted here is written
# to, and SCRATCH, a boot parameter, is the one directory of the host that the guest may write in.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
for directory in /run /tmp /var/log /var/lib/systemd /etc/systemd; do mount -t tmpfs -o mode=755 tmpfs $directory; done
mkdir -p /run/dbus /run/scratch /etc/systemd/system
mount -t hostfs hostfs /run/scratch -o "$SCRATCH"
cp /run/scratch/units/* /etc/systemd/system/
exec /lib/systemd/systemd --log-target=console --log-level=warning --show-status=no
