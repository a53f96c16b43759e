#!/bin/sh
# Checks what pip can't bring: the interpreter, its venv module, and (with the argument "test") the
# system libraries that the test oracle Open3D links. Missing Debian packages are installed when root,
# else one line says what to install.
set -eu
PYTHON=${PYTHON:-python3}

if ! command -v "$PYTHON" >/dev/null 2>&1; then
    echo "simengine needs Python 3.10 to 3.13, and '$PYTHON' is not on the PATH. Install it (Debian, Ubuntu: apt-get install python3 python3-venv) or say which to use: make PYTHON=/path/to/python3" >&2
    exit 1
fi
if ! "$PYTHON" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))'; then
    echo "simengine needs Python 3.10 to 3.13, and '$PYTHON' is $("$PYTHON" -V 2>&1). Say which to use: make PYTHON=python3.12" >&2
    exit 1
fi

missing=""
need() { # need PACKAGE 'python code that fails without it'
    "$PYTHON" -c "$2" >/dev/null 2>&1 || missing="$missing $1"
}
need python3-venv 'import ensurepip, venv'
if [ "${1:-}" = test ]; then
    for pair in libusb-1.0-0:libusb-1.0.so.0 libx11-6:libX11.so.6 libgl1:libGL.so.1 libegl1:libEGL.so.1 libgomp1:libgomp.so.1; do
        need "${pair%%:*}" "import ctypes; ctypes.CDLL('${pair#*:}')"
    done
fi
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing system packages:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || echo "apt-get update failed; trying with the package lists at hand." >&2
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "Missing system packages. Run: sudo apt-get install$missing" >&2
    exit 1
fi
