# The usual words. Meson does the work, in build/default; the command is build/leat.

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 600
SOAK_SECONDS ?= 3600
SOAK_ROUNDS ?= 50

all: build/default/build.ninja
	@ninja -C build/default installed
	@ln -sf default/apps/leat build/leat

build/default/build.ninja: build/parts
	@meson setup $(if $(wildcard $@),--reconfigure) build/default
	@touch $@

# A part is added by being there: a new list of them is a reason to configure again.
build/parts: always
	@mkdir -p build
	@ls */meson.build */*/meson.build leat/*/*/meson.build >$@.new 2>/dev/null || true
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

setup:
	@tools/setup

demo: setup
	@$(MAKE) --no-print-directory all
	@tools/demo

check: setup
	@tools/kernel
	@tools/check

install: all
	@meson configure build/default --prefix=$(abspath $(PREFIX))
	@ninja -C build/default installed
	@meson install -C build/default --no-rebuild

bench: setup
	@$(MAKE) --no-print-directory all
	@bench/run
	@ninja -C build/default bench-net
	@bench/net/run

fuzz: setup
	@tools/fuzz $(FUZZ_SECONDS)

soak: setup
	@tools/configure asan
	@LEAT_ROUNDS=$(SOAK_ROUNDS) meson test -C build/asan -t 100 \
		--suite conformance --suite simulation --suite mutate
	@LEAT_TEST_LARGE=1 meson test -C build/asan -t 10 cli_sizes
	@tools/fuzz $(SOAK_SECONDS)

clean:
	rm -rf build

.PHONY: all always setup demo check install bench fuzz soak clean
