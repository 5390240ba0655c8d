#!/usr/bin/env bash
# Shows tsrunc at work: one container step by step, then one in the foreground. Needs root and bin/tsrunc (`make`).
# All that it makes lies in a temporary directory, or bears the containers' names, and goes away at the end.
set -Eeuo pipefail

TSRUNC=${TSRUNC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/bin/tsrunc}
ID=demo-$$
WORK=

main() {
  [ -x "$TSRUNC" ] || fail "$TSRUNC is not there: run make first"
  [ "$(id -u)" = 0 ] || fail 'must be run as root'
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/tsrunc-demo.XXXXXX")
  trap cleanup EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
  mkdir "$WORK/bundle"
  cd "$WORK/bundle"
  make_rootfs rootfs
  step_by_step
  foreground
  heading 'Done: nothing is left of the containers'
  run tsrunc --root ../state list --quiet
}

step_by_step() {
  heading 'A bundle: a root filesystem and a config.json'
  put rootfs/service 'echo "hello from $(cat /proc/sys/kernel/hostname), process $$"' \
    'trap "echo got SIGTERM, leaving; exit 0" TERM' 'sleep 1000 &' 'wait'
  run tsrunc spec
  run sed -i 's/"terminal": true/"terminal": false/; s|"sh"|"sh", "/service"|' config.json
  grep -q '"terminal": false' config.json && grep -q '"sh", "/service"' config.json || fail 'sed changed nothing'

  heading 'create: everything is made, nothing of the image runs'
  run tsrunc --root ../state create --pid-file ../pid "$ID"
  run tsrunc --root ../state state "$ID"
  expect_status created
  echo
  run grep VmRSS "/proc/$(cat ../pid)/status"
  run readlink "/proc/$(cat ../pid)/exe"

  heading 'start: the waiting process becomes the program'
  run tsrunc --root ../state start "$ID"
  run tsrunc --root ../state state "$ID"
  expect_status running
  echo

  heading 'kill: SIGTERM, unless another signal is named'
  # The first process of a PID namespace is deaf to what it does not handle.
  until_true 'the service has set its trap' handles_sigterm "$(cat ../pid)"
  run tsrunc --root ../state kill "$ID"
  until_true 'the container has stopped' has_status stopped

  heading 'delete'
  run tsrunc --root ../state delete "$ID"
}

foreground() {
  heading 'run: create, start, wait and delete in one. What a process sees inside:'
  put rootfs/look \
    'echo "-- id";       id' \
    'echo "-- hostname"; cat /proc/sys/kernel/hostname' \
    'echo "-- processes"; for p in /proc/[0-9]*; do echo "${p#/proc/} $(cat $p/comm)"; done' \
    'echo "-- mounts";   cat /proc/mounts' \
    'echo "-- caps";     grep -E "^(Cap|NoNewPrivs)" /proc/self/status' \
    'exit 42'
  run sed -i 's|/service|/look|' config.json
  say "tsrunc --root ../state run $ID"
  local status=0
  tsrunc --root ../state run "$ID" || status=$?
  [ "$status" = 42 ] || fail "run ended with status $status, not with the 42 of its process"
  echo "exit status $status, as the process wanted it"
}

# busybox where there is a static one; otherwise the host's own programs, with the libraries that they name.
make_rootfs() {
  local root=$1 busybox name
  mkdir -p "$root"/{bin,dev,etc,proc,sys,tmp}
  echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
  echo 'root:x:0:' > "$root/etc/group"
  busybox=$(command -v busybox || true)
  if [ -n "$busybox" ] && ! ldd "$busybox" > /dev/null 2>&1; then
    cp -L "$busybox" "$root/bin/busybox"
    for name in sh cat grep id sleep; do ln -s busybox "$root/bin/$name"; done
    return
  fi
  for name in sh cat grep id sleep; do copy_program "$name" "$root"; done
}

copy_program() {
  local program library
  program=$(command -v "$1") || fail "neither a static busybox nor $1 is on this machine"
  cp -L "$program" "$2/bin/$1"
  for library in $(libraries_of "$program"); do
    mkdir -p "$2$(dirname "$library")"
    cp -L "$library" "$2$library"
  done
}

# None for a static program.
libraries_of() {
  ldd "$1" 2> /dev/null | grep -o '/[^ ]*' || true
}

# Writes lines to a file.
put() {
  local file=$1
  shift
  printf '%s\n' "$@" > "$file"
}

tsrunc() {
  "$TSRUNC" "$@"
}

heading() {
  printf '\n== %s\n' "$*"
}

say() {
  printf '$ %s\n' "$*"
}

# Prints a command, then runs it.
run() {
  say "$(quoted "$@")"
  "$@"
}

# As one would type it.
quoted() {
  local word line=
  for word; do
    case $word in
      *[!A-Za-z0-9_@%+=:,./-]*) line+=" '$word'" ;;
      *) line+=" $word" ;;
    esac
  done
  echo "${line# }"
}

has_status() {
  tsrunc --root ../state state "$ID" | grep -q "\"status\": \"$1\""
}

expect_status() {
  has_status "$1" || fail "the container is not $1"
}

# Bit 14 of the mask of caught signals.
handles_sigterm() {
  grep -q '^SigCgt:.*[4-7c-f]...$' "/proc/$1/status"
}

until_true() {
  local what=$1 tries=0
  shift
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || fail "waited in vain until $what"
    sleep 0.1
  done
}

fail() {
  trap - ERR
  echo "demo: $*" >&2
  exit 1
}

cleanup() {
  local status=$?
  trap - ERR
  cd /
  "$TSRUNC" --root "$WORK/state" delete --force "$ID" || status=1
  rm -rf "$WORK"
  [ "$status" = 0 ] || echo "demo: FAILED with status $status" >&2
  exit "$status"
}

main
