# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# All that is made stands under build/, or where BUILD= says.  "make help".

ifeq ($(origin CC),default)
CC          = gcc
endif
NGINX_SRC  ?= /usr/share/nginx/src
NGINX_BINARY ?= $(firstword $(wildcard /usr/sbin/nginx \
                /usr/local/sbin/nginx) nginx)
JOBS       ?= $(shell nproc)

# one directory for each compiler; SAN=1: with ASan and UBSan
BUILD      ?= build
export BUILD
B          := $(BUILD)/$(if $(DEBUG),debug,$(notdir \
                $(firstword $(CC))))$(if $(SAN),-san)$(if $(FUZZ),-fuzz)
SO         := $(B)/$(if $(SAN),san,ngx_http_court_module).so
TOOL       := $(BUILD)/$(if $(SAN),court-tool-san,court-tool)

PURE       := base crypto jose event token sign fact policy audit metrics
PURE_SRC   := $(sort $(wildcard $(PURE:%=module/%/*.c)))
STORE_SRC  := $(sort $(wildcard module/store/*.c))
# what of store/ is pure, the publisher of events takes too
TOOL_SRC   := $(sort $(wildcard module/tool/*.c)) \
                module/store/ngx_court_redis_proto.c \
                module/store/ngx_court_redis_check.c
RT_SRC     := $(wildcard module/tool/ngx_court_rt*.c)
MODULE_SRC := $(PURE_SRC) $(STORE_SRC) $(sort $(wildcard module/http/*.c))
HEADERS    := $(sort $(wildcard module/*/*.h))
FUZZ_SRC   := $(sort $(if $(T),$(T:%=t/fuzz/fuzz_%.c),$(wildcard \
                t/fuzz/fuzz_*.c)))
UNIT_SRC   := $(sort $(if $(T),t/unit/$(T).c,$(wildcard t/unit/*/test_*.c)))

obj         = $(patsubst %.c,$(B)/o/%.o,$(1))
UNIT       := $(UNIT_SRC:t/unit/%.c=$(B)/unit/%)

N          := $(B)/nginx
comma      := ,
SANFLAGS   := $(if $(SAN),-fsanitize=address$(comma)undefined \
                -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
ifneq ($(FUZZ),)
SANFLAGS   := -fsanitize=fuzzer-no-link,address,undefined -DCOURT_FUZZ=1 \
                -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
ifneq ($(COVERAGE),)
SANFLAGS   := --coverage -fprofile-update=atomic
endif
DEBUGFLAGS := $(if $(DEBUG),-DNGX_COURT_DEBUG=1)
CFLAGS     ?= -O2 -g
WARNINGS   := -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-unused-parameter \
                -Wno-missing-field-initializers $(if $(findstring clang, \
                $(CC)),,-Wno-error=maybe-uninitialized)
INCLUDES    = $(addprefix -I$(N)/src/,core event event/modules event/quic \
                os/unix http http/modules http/v2 http/v3) -I$(N)/objs \
                $(addprefix -I,$(wildcard $(PURE:%=module/%) module/store)) \
                -Imodule/tool -It/lib
LIBS       := -l:libhiredis.a -ljansson -lcrypto -lm

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all tool module debug unit check-symbols suites conf demo docs faults \
        faults-short asan \
        valgrind coverage mutate \
        fuzz fuzz-seeds fuzz-targets test check deps deps-run run clean help FORCE


all: module tool    ## the module and build/court-tool (the default)

help:    ## this list
	@awk -F ':.*## ' '/^[a-z][a-z -]*:.*## / \
	    { printf "%-16s %s\n", $$1, $$2 }' Makefile


# nginx's headers, configured.  Configured anew when the compiler, the sources
# or their list change.

$(B)/id: FORCE
	@mkdir -p $(B)
	@{ $(CC) --version | head -n 1; echo '$(NGINX_SRC) $(CC)'; \
	   grep 'define NGINX_VERSION' '$(NGINX_SRC)/src/core/nginx.h'; \
	   } > $@.new 2>&1
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(B)/list: FORCE
	@mkdir -p $(B)
	@echo '$(MODULE_SRC) $(HEADERS)' > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(B)/configured: $(B)/id $(B)/list config t/lib/configure
	@echo 'configuring $(N)'
	@t/lib/configure $(B) '$(NGINX_SRC)' '$(CC)'
	@touch $@


# A file edited while it is being compiled must be compiled again the next
# time: what is made gets the time at which its making began.

$(B)/o/%.o: %.c $(B)/id | $(B)/configured
	@mkdir -p $(@D) && rm -f $@ && touch $@.began
	@echo 'CC $@'
	@$(CC) $(CFLAGS) $(WARNINGS) $(SANFLAGS) $(INCLUDES) \
	    -MMD -MP -MF $(@:.o=.d) -c -o $@ $<
	@touch -r $@.began $@ && rm $@.began

-include $(shell find $(B)/o -name '*.d' 2>/dev/null)


module: $(SO)    ## build/.../ngx_http_court_module.so; NGINX_SRC= CC=

$(SO): $(B)/configured $(MODULE_SRC) $(HEADERS) config module/ngx_court.map
	@test ! -e $(B)/began || find $(N)/objs -name '*.o' -newer $(B)/began \
	    -exec touch -r $(B)/began {} +
	@touch $(B)/began
	@echo 'building $@'
	@rc=0; $(MAKE) -s -C $(N) -f objs/Makefile -j$(JOBS) \
	    --no-print-directory modules \
	    CC='$(CC) $(SANFLAGS) $(DEBUGFLAGS)' LINK='$(CC) $(SANFLAGS)' \
	    || rc=$$?; \
	find $(N)/objs -name '*.o' -newer $(B)/began \
	    -exec touch -r $(B)/began {} + ; exit $$rc
	@touch -r $(B)/began $(N)/objs/ngx_http_court_module.so
	@mv $(N)/objs/ngx_http_court_module.so $@


# what a test forces on the stages (ngx_http_court_force.h) is in this one only
debug:    ## the module with -DNGX_COURT_DEBUG=1, in build/debug
	@$(MAKE) --no-print-directory -s DEBUG=1 module


tool: $(TOOL)    ## build/court-tool alone

$(TOOL): $(call obj,$(PURE_SRC) $(TOOL_SRC))
	@echo 'LINK $@'
	@$(CC) $(CFLAGS) $(SANFLAGS) -o $@.new $^ $(LIBS)
	@mv $@.new $@


# Unit tests.  While layers are being worked on, what compiles is tested and
# what does not is told.

$(B)/unit/%: $(B)/o/t/unit/%.o $(B)/libunit.a
	@mkdir -p $(@D) && rm -f $@
	@$(CC) $(SANFLAGS) -o $@ $< -Wl,--start-group $(B)/libunit.a \
	    -Wl,--end-group $(LIBS)

unit_obj := $(call obj,$(PURE_SRC) $(STORE_SRC) $(RT_SRC) t/lib/tap.c)

unit: $(B)/configured    ## unit tests; T=base/test_json for one, SAN=1
	-@$(MAKE) -k -j$(JOBS) --no-print-directory -s $(unit_obj) \
	    $(call obj,$(UNIT_SRC))
	@rm -f $(B)/libunit.new
	@ar rcsD $(B)/libunit.new $$(ls $(unit_obj) 2>/dev/null)
	@cmp -s $(B)/libunit.new $(B)/libunit.a && rm $(B)/libunit.new \
	    || mv $(B)/libunit.new $(B)/libunit.a
	@for o in $(UNIT_SRC:t/unit/%.c=%); do \
	    test -e $(B)/o/t/unit/$$o.o || rm -f $(B)/unit/$$o; done
	-@$(MAKE) -k -j$(JOBS) --no-print-directory -s $(UNIT)
	@t/lib/run unit$(SUFFIX) $(UNIT)

$(B)/libunit.a: ;


# Fuzz targets: replayed as they are, or, with FUZZ=1, for libFuzzer.

fuzz_obj := $(call obj,$(PURE_SRC) $(RT_SRC) t/fuzz/fuzz.c \
                $(addprefix module/store/ngx_court_,redis_proto.c \
                redis_slots.c redis_check.c fetch_parse.c))

$(B)/fuzz/%: $(B)/o/t/fuzz/%.o $(fuzz_obj)
	@mkdir -p $(@D) && rm -f $@
	@$(CC) $(SANFLAGS) $(if $(FUZZ),-fsanitize=fuzzer) -o $@ $^ $(LIBS)

fuzz-targets: $(FUZZ_SRC:t/fuzz/%.c=$(B)/fuzz/%)

fuzz-seeds: fuzz-targets    ## replays t/fuzz/corpus and regressions; SAN=1
	@t/lib/run fuzz-seeds$(SUFFIX) $(FUZZ_SRC:t/fuzz/%.c=$(B)/fuzz/%)

fuzz: deps    ## libFuzzer, each target TIME=60 s; T=json for one
	@$(MAKE) -j$(JOBS) --no-print-directory -s CC=clang FUZZ=1 fuzz-targets
	@t/fuzz/run $(BUILD)/clang-fuzz/fuzz '$(or $(TIME),60)' \
	    $(FUZZ_SRC:t/fuzz/fuzz_%.c=%)


check-symbols: $(SO)    ## the module exports three names and no more
	@nm -D --defined-only $(SO) | awk '{ print $$3 }' | sort \
	    | tr '\n' ' ' > $(B)/symbols
	@if test "$$(cat $(B)/symbols)" = \
	    'ngx_module_names ngx_module_order ngx_modules '; \
	then echo 'symbols: ngx_module_names ngx_module_order ngx_modules'; \
	else echo "symbols: not the three: $$(cat $(B)/symbols)"; exit 1; fi


# What a test program gets: the built things, and by t/lib/run free ports.
# Not in a variable NGINX: nginx takes that for sockets to inherit.

TEST_ENV    = BUILD='$(BUILD)' COURT_TOOL='$(abspath $(TOOL))' \
                COURT_MODULE='$(abspath $(SO))' \
                COURT_DEBUG='$(abspath $(BUILD))/debug$(if $(SAN),-san)/$(notdir $(SO))' \
                COURT_NGINX='$(NGINX_RUN)' \
                TEST_NGINX_BINARY='$(NGINX_RUN)' \
                TEST_NGINX_LOAD_MODULES='$(abspath $(SO))' \
                TEST_NGINX_SERVROOT='$(abspath $(B))/servroot' \
                TEST_NGINX_TIMEOUT=20 \
                PERL5LIB='$(abspath $(BUILD))/deps/perl/usr/share/perl5'
NGINX_RUN   = $(if $(VALGRIND),$(abspath $(BUILD))/nginx-valgrind,$(if \
                $(SAN),$(abspath $(B))/nginx-run,$(NGINX_BINARY)))
RUN         = $(TEST_ENV) tini -s -- t/lib/run
SUFFIX     := $(if $(SAN),-san)$(if $(VALGRIND),-valgrind)
programs    = $(sort $(shell find t/$(1) -maxdepth 1 -type f -perm -u+x \
                2>/dev/null))

suites: $(SO) $(TOOL) $(if $(filter-out %force.t,$(T)),,debug) $(if $(SAN),$(B)/nginx-run)    ## t/*.t; T=t/010-x.t
	@t/lib/get-test-nginx
	@RUN_JOBS=$(or $(RUN_JOBS),$(if $(SAN)$(VALGRIND),2,3)) $(RUN) suites$(SUFFIX) \
	    $(sort $(if $(T),$(T),$(wildcard t/*.t)))

tool-tests conf demo docs: $(SO) $(TOOL)    ## the programs of t/NAME
	@$(RUN) $@ $(if $(T),$(T),\
	    $(call programs,$(@:tool-tests=tool)))

# the same programs, with less of each, are a part of "make test"
faults: $(SO) $(TOOL) $(if $(SAN),$(B)/nginx-run)    ## t/faults in full; T=t/faults/100-redis for one
	@t/lib/get-test-nginx
	@COURT_FAULTS=long TIMEOUT=3600 $(RUN) $@$(SUFFIX) \
	    $(if $(T),$(T),$(call programs,faults) $(wildcard t/faults/*.t))

faults-short: $(SO) $(TOOL) $(if $(SAN),$(B)/nginx-run)
	@t/lib/get-test-nginx
	@RUN_JOBS=$(or $(RUN_JOBS),4) $(RUN) $@$(SUFFIX) \
	    $(if $(T),$(T),$(call programs,faults) $(wildcard t/faults/*.t))

# Debian's nginx with AddressSanitizer under it, for a module built so
$(B)/nginx-run:
	@printf '%s\n' '#!/bin/sh' \
	    'export LD_PRELOAD=$(shell $(CC) -print-file-name=libasan.so)' \
	    'exec $(NGINX_BINARY) "$$@"' > $@.new
	@chmod +x $@.new && mv $@.new $@

asan: deps    ## unit tests and suites under ASan and UBSan
	@t/lib/asan

valgrind: deps    ## the same under valgrind; T="t/010-token.t ..." for some
	@t/lib/deps valgrind
	@COURT_NGINX='$(NGINX_BINARY)' t/lib/valgrind $(T)

coverage: deps    ## lines and branches that the tests run, by layer
	@t/lib/coverage

mutate: deps    ## changes that a test must notice; T="name ..." for some
	@t/check/mutate $(T)

deps-run:
	@t/lib/deps run

deps:    ## installs what is missing to build, run and test (apt, as root)
	@t/lib/deps test

run: deps-run    ## the demo in the foreground; COURT_PORT=8080
	@$(MAKE) --no-print-directory all
	@lua-free-scripts/courtctl demo run

test:    ## every test; the last line is "N passed, N failed"
	@t/lib/test-all

check: deps    ## style, layers, sizes, completeness, scripts, clang
	@$(MAKE) --no-print-directory -s $(B)/configured
	@t/check/all

# Nothing is started.  Names as in the GNU coding standards; DESTDIR= for who
# makes a package.
prefix        ?= /usr
bindir        ?= $(prefix)/bin
datadir       ?= $(prefix)/share
sysconfdir    ?= /etc
localstatedir ?= /var
runstatedir   ?= /run
modulesdir    ?= /usr/lib/nginx/modules
tmpfilesdir   ?= $(prefix)/lib/tmpfiles.d
nginxshare    ?= /usr/share/nginx

INSTALL = DESTDIR='$(DESTDIR)' MODULE='$(abspath $(SO))' \
    TOOL='$(abspath $(TOOL))' BINDIR='$(bindir)' DATADIR='$(datadir)' \
    SYSCONFDIR='$(sysconfdir)' LOCALSTATEDIR='$(localstatedir)' \
    RUNSTATEDIR='$(runstatedir)' MODULESDIR='$(modulesdir)' \
    TMPFILESDIR='$(tmpfilesdir)' NGINXSHARE='$(nginxshare)' lua-free-scripts/packaging/install

.PHONY: install uninstall

install: $(SO) $(TOOL)    ## under DESTDIR=; prefix= sysconfdir= modulesdir= ...
	@$(INSTALL) install

uninstall:    ## takes away what was not changed; keys and records stay
	@$(INSTALL) uninstall

clean:    ## removes build/
	rm -rf $(BUILD)


# Benchmarks: programs, never tests.  Results stand in build/bench.

.PHONY: bench bench-deps bench-instructions bench-revoke bench-scale

BENCH      := $(BUILD)/bench
RT_OBJ     := $(call obj,$(PURE_SRC) $(RT_SRC))
BENCH_ENV   = $(TEST_ENV) PYTHONDONTWRITEBYTECODE=1

$(BENCH)/mint $(BENCH)/policy_decide: $(BENCH)/%: $(B)/o/t/bench/%.o $(RT_OBJ)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -o $@ $^ $(LIBS)

$(BENCH)/scale: $(B)/o/t/bench/scale.o $(RT_OBJ) \
        $(B)/o/module/store/ngx_court_zone_lru.o
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -o $@ $^ $(LIBS)

$(BENCH)/load: $(B)/o/t/bench/load.o
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -o $@ $^

bench-deps:
	@t/lib/deps bench

bench: bench-deps $(SO) $(TOOL) $(BENCH)/load $(BENCH)/mint $(BENCH)/policy_decide    ## CPU time per request; BENCH_ROUNDS=7
	@$(BENCH)/policy_decide
	@$(BENCH_ENV) tini -s -- t/bench/bench

bench-scale: bench-deps $(BENCH)/scale    ## 2.04 million identities: bytes, cost of a hit
	@tini -s -- t/bench/scale $(BENCH)/scale $(or $(COUNT),2040000)

bench-revoke: bench-deps $(SO) $(TOOL)    ## three gateways: revoked until refused; COUNT=1000, LOAD=200 a second
	@$(BENCH_ENV) tini -s -- t/bench/revoke

bench-instructions: bench-deps $(SO) $(TOOL) $(BENCH)/load $(BENCH)/mint    ## callgrind, instructions per warm request
	@$(BENCH_ENV) tini -s -- t/bench/instructions
