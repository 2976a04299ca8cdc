#!/bin/sh
# Makes or completes a virtual environment from the locked requirements, or says in one sentence why not.
# Arguments: the environment's folder; which requirements (base to run, dev to test as well).
set -eu
venv=$1
wanted=$2

python=""
cannot_make_environments=""
for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python; do
    [ -n "$candidate" ] || continue
    "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 || continue
    if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        python=$candidate
        break
    fi
    cannot_make_environments=${cannot_make_environments:-$candidate}
done
if [ -z "$python" ] && [ -n "$cannot_make_environments" ]; then
    echo "$cannot_make_environments has no ensurepip, so it cannot make a virtual environment: install its venv package (python3-venv on Debian and Ubuntu), or name another Python with PYTHON=/path/to/python make setup." >&2
    exit 2
fi
if [ -z "$python" ]; then
    found=$(python3 --version 2>/dev/null || echo "no Python at all")
    echo "data-layer needs Python 3.11, 3.12 or 3.13 and found $found: install one, or name it with PYTHON=/path/to/python make setup." >&2
    exit 2
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
fail() {
    if grep -qiE 'resolve|network|connect|timed? ?out|temporary failure|no matching distribution|dns|unreachable' "$log"; then
        echo "The Python package index cannot be reached: check the network (or pip's index settings), then run the command again." >&2
    else
        echo "Setting up $venv failed; the last lines were:" >&2
        tail -n 15 "$log" >&2
    fi
    exit 2
}

echo "Setting up $venv with $("$python" --version) and requirements/$wanted.txt (once; a minute or two) ..."
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    # Half an environment must not be taken for a whole one at the next try.
    existed=$([ -e "$venv" ] && echo yes || echo no)
    if ! "$python" -m venv "$venv" >"$log" 2>&1; then
        [ "$existed" = yes ] || rm -rf "$venv"
        fail
    fi
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 2 --no-deps --require-hashes \
    -r requirements/uv.txt >"$log" 2>&1 || fail

# uv does not read pip's settings: an index that the machine has set for pip holds for uv too.
# pip's own order: the environment, then the section of the command, then the global one.
configured() { "$venv/bin/python" -m pip config get "install.$1" 2>/dev/null || "$venv/bin/python" -m pip config get "global.$1" 2>/dev/null || true; }
index=${PIP_INDEX_URL:-$(configured index-url)}
certificate=${PIP_CERT:-$(configured cert)}
[ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
[ -z "$certificate" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$certificate}"

install() { "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps "$@" >"$log" 2>&1 || fail; }
install --require-hashes -r requirements/$wanted.txt
install --no-build-isolation --editable .
