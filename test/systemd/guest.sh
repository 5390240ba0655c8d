# What happens on the machine with systemd. Every fact goes into a file of its own in the scratch directory, and the
# test on the host looks at them: a call of the runtime takes seconds here, so that one container serves many tests.
cd /run/scratch
fact() { name=$1; shift; "$@" > "$name" 2>&1; echo "exit status $?" >> "$name"; }
show() { systemctl show "$1" -p ActiveState,ControlGroup,Slice,Delegate,MemoryMax,MemorySwapMax,CPUWeight; systemctl show "$1" -p CPUQuotaPerSecUSec,TasksMax,TimeoutStopUSec,DevicePolicy,DeviceAllow; }
said() { : > /tmp/said; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1; [ "$(grep -c round /tmp/said)" -ge 2 ] && break; done; cat /tmp/said; }
runtime() { "$TSRUNC" --root /run/tsrunc --systemd-cgroup "$@"; }
cgroup=/sys/fs/cgroup/test.slice/test-a.slice/vm-c1.scope

cp -a devices one broken user /tmp/
runtime create --bundle /tmp/devices c1 >> /tmp/said 2>> create
echo "exit status $?" >> create
fact scope show vm-c1.scope
fact files sh -c "cd $cgroup && grep . cgroup.procs cpu.max cpu.weight memory.max memory.swap.max pids.max"
fact start runtime start c1
fact opens said
systemctl daemon-reload
fact opens-after-reload said
fact files-after-reload sh -c "cd $cgroup && grep . cpu.max cpu.weight memory.max memory.swap.max pids.max"
fact pause runtime pause c1
fact paused runtime state c1
fact resume runtime resume c1
fact delete runtime delete --force c1
fact gone sh -c "ls -d $cgroup; systemctl list-units --all --no-legend 'vm-*'"

fact create-one runtime create --bundle /tmp/one c2
fact limits-of-one sh -c "cd /sys/fs/cgroup/system.slice/tsrunc-c2.scope && grep . pids.max cpu.max; systemctl show tsrunc-c2.scope -p TasksMax"
fact start-one runtime start c2
kill -9 "$(sed -n 's/.*"init_process_pid":\([0-9]*\).*/\1/p' /run/tsrunc/c2/state.json)"
fact delete-one runtime delete c2

fact create-broken runtime create --bundle /tmp/broken c3
fact left sh -c "ls -d /sys/fs/cgroup/system.slice/tsrunc-*; systemctl list-units --all --no-legend 'tsrunc-*'"
fact update runtime create --bundle /tmp/one c4
fact updated sh -c "$TSRUNC --root /run/tsrunc update --memory 33554432 --memory-swap 33554432 c4; systemctl show tsrunc-c4.scope -p MemoryMax; cd /sys/fs/cgroup/system.slice/tsrunc-c4.scope; cat memory.max cpu.max"
runtime delete --force c4

# The systemd of an ordinary user, and a container of his.
mkdir -p /run/user/1
cp "$TSRUNC" /tmp/tsrunc
chown -R 1:1 /run/user/1 /tmp/user /tmp/tsrunc
systemctl start user.service
user() { setpriv --reuid 1 --regid 1 --clear-groups env XDG_RUNTIME_DIR=/run/user/1 "$@"; }
fact create-user user /tmp/tsrunc --systemd-cgroup create --bundle /tmp/user u1
fact user-scope user systemctl --user show tsrunc-u1.scope -p ControlGroup,MemoryMax,TasksMax,ActiveState
fact start-user user /tmp/tsrunc start u1
fact delete-user user /tmp/tsrunc delete --force u1
fact user-left sh -c "find /sys/fs/cgroup -name 'tsrunc-*'"
touch end
