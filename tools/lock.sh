#!/usr/bin/env bash
# Renews requirements/*.lock from the *.in files: one consistent set of versions, hashes, no addresses.
# dev.lock is resolved first over everything; the smaller locks are cut out of it, so all three agree.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=var/tools/uv/bin/uv
if [ ! -x "$uv" ]; then
    python3 -m venv var/tools/uv
    var/tools/uv/bin/pip install --quiet uv
fi
compile() {
    "$uv" pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
        "${@:3}" --output-file "requirements/$2" "requirements/$1"
}
compile dev.in dev.lock "$@"
compile train.in train.lock --constraint requirements/dev.lock
compile serve.in serve.lock --constraint requirements/dev.lock
echo pip | "$uv" pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
    --output-file requirements/pip.lock -
