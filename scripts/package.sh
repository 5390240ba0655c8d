#!/usr/bin/env bash
# package.sh DIRECTORY: writes tsrunc_VERSION_amd64.deb, tsrunc-VERSION-linux-x64.tar.gz and tsrunc-VERSION.tgz, the
# package for npm, which has the library as well. Their names are those of this machine's architecture. Where `make lean`
# has been, also tsrunc-lean_VERSION_amd64.deb and tsrunc-lean-VERSION-linux-x64.tar.gz.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p "$1"
output=$(realpath "$1")
version=$(node -p 'require("./package.json").version')
arch=$(node -p process.arch)
debian_arch=${arch/x64/amd64}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
# Modes are those of the files: not what the caller's umask leaves.
umask 022

# debian NAME EXECUTABLE FIELDS: those of the control file that are not the same for both editions.
debian() {
  local name=$1 tree=$stage/$1
  scripts/install.sh install "$tree" /usr "$2"
  # Debian's place for what zsh finds by itself.
  mkdir -p "$tree/usr/share/zsh/vendor-completions"
  mv "$tree/usr/share/zsh/site-functions/_tsrunc" "$tree/usr/share/zsh/vendor-completions/_tsrunc"
  rmdir "$tree/usr/share/zsh/site-functions"
  gzip -9nr "$tree/usr/share/man"
  mv "$tree/usr/share/doc/tsrunc/LICENSE" "$tree/usr/share/doc/tsrunc/copyright"
  sed -i 's|/usr/local/bin/tsrunc|/usr/bin/tsrunc|' "$tree"/usr/share/doc/tsrunc/packaging/*/*
  mkdir "$tree/DEBIAN"
  cat > "$tree/DEBIAN/control" << END
Package: $name
Version: $version
Architecture: $debian_arch
Maintainer: The tsrunc authors <tsrunc@localhost>
Installed-Size: $(du -sk "$tree/usr" | cut -f1)
$3
Section: admin
Priority: optional
Description: Open Container Initiative runtime in TypeScript
 The program at the end of the chain that turns a directory and a config.json
 into a running container. It takes runc's commands and options, and containerd,
 Docker, podman and CRI-O call it like runc.
END
  dpkg-deb --root-owner-group -Zgzip --build "$tree" "$output/${name}_${version}_${debian_arch}.deb" > /dev/null
}

# tarball NAME EXECUTABLE
tarball() {
  local name=$1-$version-linux-$arch
  scripts/install.sh install "$stage" "/$name" "$2"
  tar --owner=0 --group=0 -C "$stage" -czf "$output/$name.tar.gz" "$name"
}

npm_package() {
  local tree=$stage/npm
  mkdir -p "$tree/bin"
  cp bin/tsrunc "$tree/bin/tsrunc"
  cp -r build/library "$tree/lib"
  cp README.md LICENSE CHANGELOG.md "$tree"
  node scripts/npm-manifest.mjs > "$tree/package.json"
  (cd "$tree" && npm pack --silent --pack-destination "$output" > /dev/null)
}

# edition NAME EXECUTABLE FIELDS
edition() {
  if command -v dpkg-deb > /dev/null; then debian "$@"; else echo "no dpkg-deb: no .deb is made" >&2; fi
  tarball "$1" "$2"
}

edition tsrunc bin/tsrunc 'Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6
Recommends: libseccomp2, uidmap'
if [ -e bin/tsrunc-lean ]; then
  edition tsrunc-lean bin/tsrunc-lean 'Recommends: uidmap
Provides: tsrunc
Conflicts: tsrunc
Replaces: tsrunc'
fi
npm_package
ls -l "$output"
