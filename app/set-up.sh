# Sourced by app/run and tests/run: installs what is missing, and says so on stderr.
# $checkout is the top folder of the project. Nothing here runs a program for what is already there
# but cksum, readlink, find and ldd, so that a set-up that is complete costs a few hundredths of a second.

venv=$checkout/.venv
python=$venv/bin/python

# The packages of Debian and Ubuntu that hold what PySide6's libraries ask for (found with ldd on a Debian
# without a desktop): for Qt itself, for its xcb platform, for its wayland platform.
qt_packages='libegl1 libgl1 libx11-6 libxkbcommon0 libglib2.0-0 libfontconfig1 libfreetype6 libdbus-1-3
    libx11-xcb1 libxcb1 libxcb-cursor0 libxcb-glx0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
    libxcb-render0 libxcb-render-util0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0
    libxcb-xkb1 libxkbcommon-x11-0
    libwayland-client0 libwayland-cursor0 libwayland-egl1'

# WenQuanYi Micro Hei has Latin and Chinese in 5 MB; Noto's Chinese fonts take 91 MB.
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
    # A list of packages that cannot be refreshed may still do.
    $as_root apt-get -qq update </dev/null >/dev/null || true
    $as_root env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes \
        apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        install "$@" </dev/null >/dev/null
}

# find_python: sets $base_python to a Python that is new enough, or to nothing.
find_python() {
    for base_python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        "$base_python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
    done
    base_python=
}

# need_environment [EXTRA]: the virtual environment with the package, its dependencies and those of EXTRA.
need_environment() {
    environment_is_ready "${1-}" || set_up_environment "${1-}"
    compile_changed
}

# compile_changed: where Python may not write bytecode (PYTHONDONTWRITEBYTECODE, as in many containers), it would
# compile all modules at each start, for as long as the rest of the start takes.
compile_changed() {
    [ -e "$venv/compiled" ] &&
        [ -z "$(find "$checkout/app/tcpladder" -name '*.py' -newer "$venv/compiled")" ] && return
    : >"$venv/compiled"
    "$python" -m compileall -q "$checkout/app/tcpladder" >/dev/null 2>&1 || true
}

set_up_environment() {
    # A copied or moved environment still points to where it was made.
    if ! "$python" -c 'import pip' 2>/dev/null || ! grep -qF "$venv" "$venv/pyvenv.cfg"; then
        make_environment
    fi
    say "installing the package and what it depends on into .venv"
    "$python" -m pip install --quiet --disable-pip-version-check --editable "$checkout${1:+[$1]}" >&2 ||
        fail "pip could not install the dependencies; the reason stands above"
    environment_key >"$venv/set-up${1:+-$1}"
}

# What an environment was set up from and for; where it changes, the environment is set up again.
environment_key() {
    printf '%s\n' "$venv" "$(readlink -f "$python")"
    cksum <"$checkout/pyproject.toml"
}

# environment_is_ready EXTRA: an environment for the tests serves the program too.
environment_is_ready() {
    key=$(environment_key)
    for stamp in "$venv/set-up${1:+-$1}" "$venv/set-up-test"; do
        [ -r "$stamp" ] && [ "$(cat "$stamp")" = "$key" ] && return
    done
    return 1
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

# need_qt PLATFORM: what Qt needs from the system to draw on xcb, wayland or offscreen, and fonts.
need_qt() {
    [ "$(uname)" = Linux ] || return 0
    if [ -n "$(missing_libraries "$1")" ]; then
        # Unquoted: one argument per package.
        apt_install $qt_packages || true
        missing=$(missing_libraries "$1")
        [ -z "$missing" ] || fail "Qt needs these shared libraries, install them first: $missing" \
            "$(! command -v apt-get >/dev/null || echo "(as root: apt-get install" $qt_packages")")"
    fi
    need_fonts
}

# missing_libraries PLATFORM: the shared libraries that Qt asks for and the system lacks, on one line.
missing_libraries() {
    for pyside in "$venv"/lib/python3*/site-packages/PySide6; do
        ldd "$pyside/QtWidgets.abi3.so" "$pyside/QtSvg.abi3.so" "$pyside/QtTest.abi3.so" \
            "$pyside/QtOpenGLWidgets.abi3.so" "$pyside/Qt/plugins/platforms/libq$1.so" 2>/dev/null
    done | sed -n 's/^[[:space:]]*\(.*\) => not found$/\1/p' | sort -u | paste -s -d ' ' -
}

# A missing font is worth installing, but no reason to stop.
need_fonts() {
    [ -e "$venv/set-up-fonts" ] && return
    if ! has_fonts && ! { apt_install $font_packages && has_fonts; }; then
        say "no font with Latin and Chinese letters was found; some texts may show as boxes"
    fi
    : >"$venv/set-up-fonts"
}

has_fonts() {
    QT_QPA_PLATFORM=offscreen "$python" - 2>/dev/null <<'END'
import sys
from PySide6.QtGui import QFontDatabase, QGuiApplication

app = QGuiApplication([])
scripts = QFontDatabase.WritingSystem.Latin, QFontDatabase.WritingSystem.SimplifiedChinese
sys.exit(not all(QFontDatabase.families(script) for script in scripts))
END
}
