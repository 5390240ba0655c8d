# What is found out on the arm64 machine: arm64.test.ts reads it, section by section.
mkdir -p /tmp/bundle/rootfs/bin /tmp/bundle/rootfs/usr/bin
cd /tmp/bundle
cp /bin/busybox rootfs/bin/
for name in sh sleep id hostname mkdir uname chroot; do ln -s busybox rootfs/bin/$name; done
tsrunc spec
sed -i 's/"terminal": true/"terminal": false/' config.json
cp config.json plain.json

section() {
  echo "== $1"
}

# The program of the next container.
program() {
  sed "s|\"sh\"\$|\"sh\", \"-c\", \"$1\"|" plain.json > config.json
}

section run
program 'hostname; uname -m; id -u; exit 7'
tsrunc run one < /dev/null
echo "status $?"

section created
program 'exec sleep 1000'
tsrunc create --pid-file /tmp/pid two < /dev/null > /tmp/output 2>&1
echo "status $?"
tsrunc state two | grep '"status"'
# create does not wait until init has given back what it needed, and this machine is slow.
sleep 2
grep VmRSS "/proc/$(cat /tmp/pid)/status"
readlink "/proc/$(cat /tmp/pid)/exe"

section running
tsrunc start two
echo "status $?"
tsrunc exec two sh -c 'id -u; exit 3'
echo "status $?"
tsrunc update --memory 64M two
cat /sys/fs/cgroup/two/memory.max
tsrunc pause two
tsrunc state two | grep '"status"'
tsrunc resume two
tsrunc kill two KILL
sleep 1
tsrunc delete two
echo "status $?"

section signal
program 'trap \\"echo caught; exit 5\\" USR1; echo ready; while :; do sleep 0.1; done'
tsrunc run three > /tmp/output 2>&1 < /dev/null &
while ! grep -q ready /tmp/output; do sleep 0.2; done
kill -USR1 $!
wait $!
echo "status $?"
cat /tmp/output

section seccomp
program 'mkdir /tmp/x; chroot / id -u'
profile='"seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_AARCH64"], "syscalls": [{"names": ["chroot"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}'
sed -i "s|\"linux\": {|\"linux\": { $profile,|; s|\"CAP_KILL\"|\"CAP_KILL\", \"CAP_SYS_CHROOT\"|" config.json
tsrunc run four < /dev/null 2>&1
echo "status $?"

section missing
program true
sed -i 's|"sh", "-c", "true"|"/no/such/program"|' config.json
tsrunc run five < /dev/null 2>&1
echo "status $?"

section left
ls /run/tsrunc
find /sys/fs/cgroup -mindepth 1 -type d
tsrunc check > /tmp/check
echo "check $?"
section end
