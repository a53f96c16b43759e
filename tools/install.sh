#!/bin/sh
# install.sh PYTHON VENV TARGET: makes VENV and installs TARGET (".", ".[test]") at the pinned versions, wheels only.
set -eu
python=$1 venv=$2 target=$3
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: --constraint tools/constraints.txt hatchling editables
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: --no-build-isolation --constraint tools/constraints.txt --editable "$target"
