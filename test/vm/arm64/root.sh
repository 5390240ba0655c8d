#!/bin/bash
# root.sh DIRECTORY: unpacks there, of Debian's packages for arm64, a kernel and what the guest needs. apt is asked with
# a state of its own: the machine's stays as it is.
set -euo pipefail
directory=$1
[ ! -e "$directory/complete" ] || exit 0
mkdir -p "$directory/apt"/{lists/partial,archives/partial}
touch "$directory/apt/status"
cd "$directory"
own=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root
  -o "Dir::State=$PWD/apt" -o "Dir::State::status=$PWD/apt/status" -o "Dir::Cache=$PWD/apt")
apt-get "${own[@]}" -qq update
kernel=$(apt-cache "${own[@]}" depends linux-image-cloud-arm64 | grep -o 'linux-image-[0-9][^ ]*-cloud-arm64' | head -n 1)
apt-get "${own[@]}" -qq download "$kernel" busybox-static libc6 libgcc-s1 libstdc++6 libseccomp2
for package in *.deb; do
  dpkg-deb --extract "$package" .
  rm "$package"
done
rm -r apt
touch complete
