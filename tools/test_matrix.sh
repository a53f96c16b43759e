#!/bin/sh
# Runs the suite on every supported Python that is at hand; one line of result each.
# usage: tools/test_matrix.sh [PYTHON ...]     (default: python3.10 python3.11 python3.12 python3.13)
set -u
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] || set -- python3.10 python3.11 python3.12 python3.13
status=0
for python in "$@"; do
    if ! command -v "$python" >/dev/null 2>&1; then
        echo "$python: not installed, skipped"
        continue
    fi
    name=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    log=build/test-$name.log
    mkdir -p build
    if make test PYTHON="$python" VENV=".venv-$name" >"$log" 2>&1; then
        echo "$name: $(tail -n 1 "$log")"
    else
        status=1
        echo "$name: FAILED, see $log: $(tail -n 1 "$log")"
    fi
done
exit $status
