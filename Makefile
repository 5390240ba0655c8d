# Everything a developer types: see README.md and CONTRIBUTING.md.
SHELL := /bin/bash
MODULES := node_modules/.package-lock.json
SOURCES := $(shell find src schemas scripts -type f 2>/dev/null) package.json

.PHONY: all lean man demo test test-lean test-unit test-vm test-clients test-arm64 test-all test-faults conformance bench scale coverage lint docs format \
  install install-lean uninstall package clean

# `make ARCH=arm64` builds bin/tsrunc-arm64, on any machine: see CONTRIBUTING.md.
ifdef ARCH
all: bin/tsrunc-$(ARCH)
else
all: bin/tsrunc build/library/index.js
endif

$(MODULES): package.json package-lock.json
	npm install --no-save --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

build/validators.ts: $(MODULES) scripts/compile-schemas.mjs $(wildcard schemas/*.json)
	node scripts/compile-schemas.mjs

bin/tsrunc: $(MODULES) build/validators.ts $(SOURCES)
	node scripts/build.mjs

# The lean edition: the same sources on QuickJS, one static file. Needs gcc and the C library's static part.
lean: bin/tsrunc-lean

bin/tsrunc-lean: $(MODULES) build/validators.ts $(SOURCES)
	@mkdir -p bin build/lean
	node scripts/lean/bundle.mjs
	scripts/lean/build.sh build/lean/tsrunc.js bin/tsrunc-lean

bin/tsrunc-arm64 bin/tsrunc-x64: bin/tsrunc-%: $(MODULES) build/validators.ts $(SOURCES)
	node scripts/build.mjs $*

man: $(MODULES)
	node scripts/run-typescript.mjs scripts/man.ts build/man

# Where what is installed goes: DESTDIR is put before all of it, for who makes packages.
PREFIX ?= /usr/local

install: bin/tsrunc man
	scripts/install.sh install "$(DESTDIR)" "$(PREFIX)"

# The lean edition in its place.
install-lean: bin/tsrunc-lean man
	scripts/install.sh install "$(DESTDIR)" "$(PREFIX)" bin/tsrunc-lean

uninstall:
	scripts/install.sh uninstall "$(DESTDIR)" "$(PREFIX)"

# build/packages: a .deb, a tarball, and a package for npm; of the lean edition the first two, if it was built.
package: bin/tsrunc man build/library/index.js
	scripts/package.sh build/packages

build/library/index.js: $(MODULES) $(SOURCES) scripts/library.mjs tsconfig.library.json
	node scripts/library.mjs

demo: bin/tsrunc
	scripts/demo.sh

test: all
	npx jest $(JEST_ARGS)

# What containers see of the lean edition.
test-lean: bin/tsrunc-lean
	TSRUNC=$(CURDIR)/bin/tsrunc-lean npx jest test/integration test/faults $(JEST_ARGS)

test-unit: build/validators.ts
	npx jest test/unit

test-vm: bin/tsrunc
	npx jest test/vm $(JEST_ARGS)

# containerd, Docker and podman, as far as they are installed: see test/clients/README.md.
test-clients: bin/tsrunc
	TSRUNC_FULL=1 npx jest test/clients $(JEST_ARGS)

# The executable for arm64, under qemu: see test/vm/README.md.
test-arm64: bin/tsrunc bin/tsrunc-arm64
	test/vm/arm64/root.sh build/arm64-root
	TSRUNC_ARM64=bin/tsrunc-arm64 TSRUNC_ARM64_ROOT=build/arm64-root \
	  npx jest test/packaging/arm64 test/vm/arm64 test/unit/syscalls

test-all: bin/tsrunc build/library/index.js
	TSRUNC_FULL=1 npx jest $(JEST_ARGS)

test-faults: bin/tsrunc
	TSRUNC_FAULTS=all npx jest test/faults

# RUNTIME_TOOLS is a built checkout of opencontainers/runtime-tools: see README.md.
conformance: bin/tsrunc
	RUNTIME_TOOLS=$(RUNTIME_TOOLS) unshare --mount --propagation=private \
	  node scripts/run-typescript.mjs test/conformance/runtime-tools/main.ts

# BENCH_TIMES=21, BENCH_ONLY=PATTERN.
bench: bin/tsrunc
	unshare --mount --propagation=private node scripts/run-typescript.mjs bench/main.ts

# SCALE='1 10 100 1000': how many containers.
scale: bin/tsrunc
	unshare --mount --propagation=private node scripts/run-typescript.mjs bench/scale.ts

coverage: build/validators.ts
	node scripts/coverage.mjs

lint: build/validators.ts
	npx tsc -p tsconfig.json
	npx tsc -p tsconfig.core.json
	npx biome check .
	node scripts/run-typescript.mjs scripts/conformance.ts --check
	node scripts/run-typescript.mjs scripts/compatibility.ts --check

# docs/conformance.md and docs/compatibility.md, from their sources, and docs/reliability.md, from the last sweeps.
docs: $(MODULES)
	node scripts/run-typescript.mjs scripts/conformance.ts
	node scripts/run-typescript.mjs scripts/compatibility.ts
	node scripts/run-typescript.mjs scripts/reliability.ts

format: $(MODULES)
	npx biome check --write .

clean:
	rm -rf bin build coverage
