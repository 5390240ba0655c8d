# What happens on the machine with systemd. Every fact goes into a file of its own in the scratch directory, and the
# test on the host looks at them: a call of the runtime takes seconds here, so that one container serves many tests.
cd /run/scratch
fact() { name=$1; shift; "$@" > "$name" 2>&1; echo "exit status $?" >> "$name"; }
show() { systemctl show "$1" -p ActiveState,ControlGroup,Slice,Delegate,MemoryMax,MemorySwapMax,CPUWeight; systemctl show "$1" -p CPUQuotaPerSecUSec,TasksMax,TimeoutStopUSec,DevicePolicy,DeviceAllow; }
said() { : > /tmp/said; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1; [ "$(grep -c round /tmp/said)" -ge 2 ] && break; done; cat /tmp/said; }
runtime() { "$TSRUNC" --root /run/tsrunc --systemd-cgroup "$@"; }
cgroup=/sys/fs/cgroup/test.slice/test-a.slice/vm-c1.scope

cp -a devices one broken /tmp/
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
touch end
