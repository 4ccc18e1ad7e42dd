#!/bin/sh
# Pin the requirements of the Paddle image, with hashes: scripts/lock-image.sh [cpu|gpu]
# Where requirements/dev.txt has a package, too, its version is taken.
set -eu

device=${1:-cpu}
gpu_index=https://www.paddlepaddle.org.cn/packages/stable/cu126/
cd "$(dirname "$0")/.."
folder=containers/paddle

lock() {
    name=$1
    shift
    # --only-binary: building a package would run its code
    .venv/bin/uv pip compile "$folder/$name.in" --constraints requirements/dev.txt \
        --python-version 3.11 --python-platform x86_64-manylinux_2_28 --only-binary :all: \
        --generate-hashes --no-header --quiet --output-file "$folder/$name.txt" "$@"
}

case $device in
cpu)
    lock requirements-build
    lock requirements-cpu
    ;;
gpu)
    # The index is written into the file, since pip must ask there, too. It has old versions of common packages:
    # "unsafe" lets PyPI's be found as well, and the hashes say which file was meant.
    lock requirements-gpu --extra-index-url "$gpu_index" --emit-index-url --index-strategy unsafe-best-match
    ;;
*)
    echo "error: no build of Paddle for '$device'; expected cpu or gpu" >&2
    exit 2
    ;;
esac
