#!/usr/bin/env bash
# install.sh install|uninstall DESTDIR PREFIX [EXECUTABLE]: the executable (bin/tsrunc, or what is named) as bin/tsrunc, manual
# pages, completions, examples of configuration. uninstall removes the files that install makes, and directories only if
# they are tsrunc's own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
action=$1 prefix=$2$3 executable=${4:-bin/tsrunc}

# Mode, source, target below the prefix.
files() {
  echo "755 $executable bin/tsrunc"
  local page document
  for page in build/man/*.8; do echo "644 $page share/man/man8/${page##*/}"; done
  for document in README.md CHANGELOG.md LICENSE docs/*.md packaging/*/*; do
    echo "644 $document share/doc/tsrunc/$document"
  done
}

completions() {
  echo "bash share/bash-completion/completions/tsrunc"
  echo "zsh share/zsh/site-functions/_tsrunc"
  echo "fish share/fish/vendor_completions.d/tsrunc.fish"
}

install_all() {
  local mode source target shell
  while read -r mode source target; do
    install -D -m "$mode" "$source" "$prefix/$target"
  done < <(files)
  while read -r shell target; do
    mkdir -p "$prefix/$(dirname "$target")"
    "$executable" completion "$shell" > "$prefix/$target"
    chmod 644 "$prefix/$target"
  done < <(completions)
}

uninstall_all() {
  rm -f "$prefix/bin/tsrunc" "$prefix"/share/man/man8/tsrunc.8 "$prefix"/share/man/man8/tsrunc-*.8
  local target
  while read -r _ target; do rm -f "$prefix/$target"; done < <(completions)
  rm -rf "$prefix/share/doc/tsrunc"
}

"${action}_all"
