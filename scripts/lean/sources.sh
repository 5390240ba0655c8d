#!/bin/bash
# sources.sh DIR: what the lean edition is made of besides our own code, from Debian's packages, into DIR: QuickJS's
# source (architecture and release do not matter to it) and this release's static libseccomp. Nothing is installed, and
# the machine's package lists are left alone.
set -euo pipefail

quickjs=2025.04.26
# Of quickjs_$quickjs.orig.tar.xz: what is built is what was tested.
checksum=ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe

mkdir -p "$1"
directory=$(realpath "$1")
[ -e "$directory/complete" ] && exit

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | sed -n 1p)
. /etc/os-release
if [ -z "$mirror" ]; then
  echo "make lean: builds from Debian's packages, and no Debian mirror is configured here (apt-get indextargets)" >&2
  exit 1
fi

apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt"/{lists,archives}/partial
signed=signed-by=/usr/share/keyrings/debian-archive-keyring.gpg
cat >"$apt/sources.list" <<LIST
deb-src [$signed] $mirror trixie main
deb [$signed] $mirror $VERSION_CODENAME main
LIST
get() {
  apt-get -qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$apt/lists" -o Dir::Cache::Archives="$apt/archives" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}
get update
cd "$apt"
get source --download-only "quickjs=$quickjs-1"
echo "$checksum  quickjs_$quickjs.orig.tar.xz" | sha256sum --check --quiet
get download libseccomp-dev

rm -rf "$directory"/{quickjs,seccomp}
mkdir -p "$directory/quickjs"
tar -xf "quickjs_$quickjs.orig.tar.xz" -C "$directory/quickjs" --strip-components=1
dpkg-deb -x libseccomp-dev_*.deb "$directory/seccomp"
{
  echo "quickjs $quickjs"
  dpkg-deb -W --showformat '${Package} ${Version}\n' libseccomp-dev_*.deb
  ${CC:-gcc} --version | sed -n 1p
  ldd --version | sed -n 1p
} >"$directory/complete"
