# Sourced by app/run and tests/run: installs what is missing, and says so on stderr.
# $checkout is the top folder of the project. Nothing here runs a program for what is already there
# but cksum, readlink and ldd, so that a set-up that is complete costs a few hundredths of a second.

venv=$checkout/.venv
python=$venv/bin/python

# What PySide6's own libraries ask for on a Debian without any desktop: ldd names the missing ones.
# fonts-wqy-microhei adds Chinese in 5 MB (Noto's CJK fonts take 91); DejaVu comes with libfontconfig1.
qt_packages='libegl1 libgl1 libopengl0 libglib2.0-0 libfontconfig1 libfreetype6 libdbus-1-3 libkrb5-3
    libxkbcommon0 libxkbcommon-x11-0 libx11-xcb1 libxcb-cursor0 libxcb-icccm4 libxcb-image0
    libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-shm0 libxcb-sync1
    libxcb-xfixes0 libxcb-xkb1 libwayland-client0 libwayland-cursor0 libwayland-egl1'
font_packages='fonts-dejavu-core fonts-wqy-microhei'

say() {
    printf 'tcpladder: %s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

# apt_install PACKAGE...: false where apt-get does not exist or may not be used.
apt_install() {
    command -v apt-get >/dev/null || return 1
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || return 1
        as_root='sudo -n'
    fi
    say "installing with apt-get:" "$@"
    # A list that cannot be refreshed may still be good enough.
    $as_root apt-get -qq update >&2 </dev/null || true
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -y --no-install-recommends install "$@" >&2 </dev/null
}

# find_python: sets $base_python to a Python that is new enough, or to nothing.
find_python() {
    for base_python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        "$base_python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
    done
    base_python=
}

# What the virtual environment was made from and for; a change means that it must be set up again.
environment_key() {
    printf '%s\n' "$checkout" "$(readlink -f "$python")"
    cksum <"$checkout/pyproject.toml"
}

# need_environment [EXTRA]: the virtual environment with the package, its dependencies and those of EXTRA.
need_environment() {
    stamp=$venv/set-up${1:+-$1}
    key=$(environment_key)
    [ -r "$stamp" ] && [ "$(cat "$stamp")" = "$key" ] && return

    if ! "$python" -c 'import pip' 2>/dev/null || [ "$(head -n 1 "$stamp" 2>/dev/null)" != "$checkout" ]; then
        make_environment
    fi
    say "installing the package and its dependencies into .venv (once; a few minutes on a slow line)"
    "$python" -m pip install --quiet --disable-pip-version-check --editable "$checkout${1:+[$1]}" >&2 ||
        fail "pip could not install the dependencies; its message stands above"
    environment_key >"$stamp"
}

make_environment() {
    find_python
    if [ -z "$base_python" ] || ! "$base_python" -c 'import ensurepip, venv' 2>/dev/null; then
        apt_install python3 python3-venv ||
            fail "missing: Python 3.11 or later with its venv module (Debian and Ubuntu: apt-get install python3-venv)"
        find_python
        [ -n "$base_python" ] || fail "missing: Python 3.11 or later (set PYTHON to use one that is not on the PATH)"
    fi
    say "making the virtual environment .venv with $("$base_python" --version)"
    "$base_python" -m venv --clear "$venv" >&2 || fail "the virtual environment could not be made"
}

# missing_libraries PLATFORM: the shared libraries that Qt needs for a platform (xcb, wayland, offscreen) and lacks.
missing_libraries() {
    for packages in "$venv"/lib/python3*/site-packages; do
        ldd "$packages"/PySide6/Qt*[GtL].abi3.so "$packages/PySide6/Qt/plugins/platforms/libq$1.so" 2>/dev/null
    done | sed -n 's/^[[:space:]]*\(.*\) => not found$/\1/p' | grep -v '^libQt6' | sort -u | tr '\n' ' '
}
