#!/bin/sh
# PID 1 of the test machine. Its root is the host's own file system, read-only: what tests write goes to tmpfs, and
# results to the one directory that is mounted writable. The boot parameters SCRATCH and NODE come as variables.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp NO_COLOR=1 FORCE_COLOR=0 TSRUNC_PATIENCE=6

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for directory in /tmp /run /var/tmp /var/log; do mount -t tmpfs -o mode=1777 tmpfs "$directory"; done
mkdir -p /dev/shm /dev/pts /dev/mqueue /run/scratch
mount -t tmpfs tmpfs /dev/shm
mount -t devpts devpts /dev/pts
mount -t mqueue mqueue /dev/mqueue
mount -t bpf bpf /sys/fs/bpf
mount -t securityfs securityfs /sys/kernel/security
# There only if the kernel was told `security=selinux`, or nothing.
[ ! -d /sys/fs/selinux ] || mount -t selinuxfs selinuxfs /sys/fs/selinux
mount -t hostfs hostfs /run/scratch -o "$SCRATCH"
ip link set lo up 2>/dev/null
mkswap /dev/ubdb >/dev/null && swapon /dev/ubdb

cd /tmp && "$NODE" --enable-source-maps /run/scratch/guest.cjs /run/scratch/results.jsonl
halt -d -f -p || echo o > /proc/sysrq-trigger
