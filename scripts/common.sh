# Shared by the scripts beside it: where things are, what is installed, how to build.
# Sourced by bash with `set -euo pipefail`; the working folder is then the top of the source tree.
# shellcheck shell=bash disable=SC2034

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
build=${HOLDFAST_BUILD:-build}

# What building needs, and what the tests need on top of that. Debian package names.
build_packages=(gcc libc6-dev meson ninja-build pkg-config libelf-dev libdw-dev libjansson-dev libiberty-dev
    libunwind-dev uthash-dev libzydis-dev)
test_packages=(libcriterion-dev clang clang-format cppcheck shellcheck binutils g++ python3 git xz-utils perl)

say() {
    printf '%s\n' "$*" >&2
}

# as_root COMMAND ARGS…: run it as root, or say why that cannot be.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "this needs root, and there is no sudo: $*"
        return 1
    fi
}

# apt_get ARGS…: quiet and never asking; RUNLEVEL=1 keeps freshly installed servers from starting.
apt_get() {
    local log
    log=$(mktemp)
    if ! as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# need_packages NAME…: install those that are missing. Nothing is touched when none is. NAME/COMMAND: only
# where there is no such command either.
need_packages() {
    local name missing=()
    if ! command -v dpkg-query >/dev/null; then
        say "not a Debian system: expecting the equivalents of: $*"
        return 0
    fi
    for name in "$@"; do
        [[ $name == */* ]] && command -v "${name#*/}" >/dev/null && continue
        name=${name%/*}
        dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^.i' || missing+=("$name")
    done
    [ ${#missing[@]} = 0 ] && return 0
    say "installing ${missing[*]}"
    # A machine with fresh package lists needs no update; one without them cannot name a candidate.
    if ! apt-get -qq --simulate install "${missing[@]}" >/dev/null 2>&1; then
        apt_get update
    fi
    apt_get --no-install-recommends -y install "${missing[@]}"
}

# build_all MESON-OPTION…: configure where needed, then build; output only when something fails.
build_all() {
    local log=$build/build.log
    mkdir -p "$build"
    if [ ! -e "$build/build.ninja" ]; then
        say "configuring $build"
        meson setup "$build" "$@" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
    elif [ $# -gt 0 ]; then
        meson configure "$build" "$@" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
    fi
    ninja -C "$build" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
}
