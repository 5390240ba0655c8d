#!/bin/sh
# PID 1 of the arm64 machine: twice, since what the kernel unpacks has no root that pivot_root could leave.
/bin/busybox --install -s /bin
export PATH=/bin
if [ "$second" = "" ]; then
  mount -t tmpfs -o size=1g tmpfs /new
  cp -a /bin /lib /usr /guest.sh /init /new/
  mkdir -p /new/proc /new/sys /new/dev /new/tmp /new/run
  export second=1
  exec switch_root /new /init
fi
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo '+cpu +memory +pids' > /sys/fs/cgroup/cgroup.subtree_control
sh /guest.sh
poweroff -f
