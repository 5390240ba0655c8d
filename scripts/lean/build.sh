#!/bin/bash
# build.sh SCRIPT EXECUTABLE. A C compiler and the C library's static part are all it needs.
set -euo pipefail
script=$(realpath "$1") executable=$(realpath "$2")
cd "$(dirname "$0")/../.."

ours=$PWD/src/engine/quickjs
architecture=$(uname -m)
scripts/lean/sources.sh build/lean/sources
cd build/lean
mkdir -p include
ln -sfn ../sources/quickjs include/quickjs
ln -sf "$PWD"/sources/seccomp/usr/include/*.h include/

common=(-O2 -fno-pie -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables "-ffile-prefix-map=$PWD=.")
if [ ! -e quickjs.o ] || [ sources/complete -nt quickjs.o ]; then
  # Of what is seldom run the size counts.
  declare -A level=([libregexp]=-Os [libunicode]=-Os [dtoa]=-Os)
  for part in libregexp libunicode cutils dtoa quickjs; do
    gcc "${common[@]}" ${level[$part]:-} -w -fwrapv -D_GNU_SOURCE -DCONFIG_VERSION='"2025-04-26"' -c "sources/quickjs/$part.c" -o "$part.o"
  done
fi
engine=(quickjs.o libregexp.o libunicode.o cutils.o dtoa.o)
for part in engine arena compile; do
  gcc "${common[@]}" -Wall -Wextra -Werror -Wno-unused-parameter -Wno-cast-function-type -I include \
    -DARCH="\"$architecture\"" -c "$ours/$part.c" -o "$part.o"
done

# heap TYPE CONTENTS: the section of the executable that the heap is in.
heap() {
  printf '.section .heap, "aw", @%s\n.globl heap\n.balign 4096\nheap: %s\n.section .note.GNU-stack, "", @progbits\n' \
    "$@" | gcc -x assembler -c - -o heap.o
}
# Functions of Math that nothing here uses: libm's tables for them would be a twentieth of the file.
unused=(acos acosh asin asinh atan atan2 atanh cbrt cos cosh exp expm1 hypot log log10 log1p sin sinh tan tanh)
if grep -qE "Math\.($(IFS='|' && echo "${unused[*]}"))\(" "$script"; then
  echo "make lean: our code uses a function of Math that scripts/lean/build.sh leaves out" >&2
  exit 1
fi
# At an address of its own, far from all else, so that nothing else moves by its size; -z norelro: no page of data becomes
# read-only, which would be a call at each start.
link() {
  gcc -static -no-pie -o "$1" engine.o arena.o heap.o "${engine[@]}" \
    $(printf -- '-Wl,--defsym=%s=abort ' "${unused[@]}") -Wl,--gc-sections,--build-id=none,--section-start=.heap=0x10000000,--wrap=gettimeofday,-z,norelro \
    sources/seccomp/usr/lib/*/libseccomp.a -lm
}

gcc -static -no-pie -o compile compile.o "${engine[@]}" -lm
./compile "$script" tsrunc.bytecode
heap nobits '.zero 0x2000000'
link maker
# Two builds are to be the same, and the engine remembers where its stack was.
fixed=()
if setarch -R true 2>/dev/null; then fixed=(setarch -R); fi
"${fixed[@]}" ./maker tsrunc.bytecode heap.bin
heap progbits '.incbin "heap.bin"'
link tsrunc-lean
# What the heap points to must lie where it lay.
addresses() { nm "$1" | grep -v ' heap$'; }
diff <(addresses maker) <(addresses tsrunc-lean)
strip -o tsrunc-lean.new tsrunc-lean
mv tsrunc-lean.new "$executable"
