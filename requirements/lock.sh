#!/bin/sh
# Works out the hash-locked requirements from pyproject.toml. Argument: the uv to use.
set -eu
uv=$1
export UV_CUSTOM_COMPILE_COMMAND="make lock"
options="--quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links"
# The whole set first: base is what of it the package itself needs, at the same versions.
$uv pip compile pyproject.toml --extra dev $options -o requirements/dev.txt
$uv pip compile pyproject.toml $options -c requirements/dev.txt -o requirements/base.txt
printf 'uv\nuv_build\n' | $uv pip compile - $options -o requirements/uv.txt
