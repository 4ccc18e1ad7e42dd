#!/bin/sh
# Build an image of containers/ with docker or podman: scripts/build-image.sh [paddle]
#
# Environment:
#   DEVICE       cpu (default) or gpu
#   BASE_IMAGE   in place of the Dockerfile's; scripts/build-base-image.sh makes one where no registry is reachable
#   ENGINE       docker or podman; default: the first of them that works
#   BUILD_FLAGS  more flags for its build command, such as --network host
set -eu

image=${1:-paddle}
device=${DEVICE:-cpu}
cd "$(dirname "$0")/.."
folder=containers/$image

fail() {
    echo "error: $1" >&2
    exit 2
}

[ -f "$folder/Dockerfile" ] || fail "there is no $folder/Dockerfile."
[ -f "$folder/requirements-$device.txt" ] ||
    fail "there is no $folder/requirements-$device.txt. Make it: sh scripts/lock-image.sh $device (docs/images.md)."

works() {
    command -v "$1" >/dev/null && "$1" info >/dev/null 2>&1
}

engine=${ENGINE:-}
if [ -n "$engine" ]; then
    works "$engine" || fail "'$engine info' fails. Start $engine, or leave ENGINE out."
else
    for candidate in docker podman; do
        if works $candidate; then
            engine=$candidate
            break
        fi
    done
    [ -n "$engine" ] || fail "neither docker nor podman works here. On Debian: sudo apt-get install podman buildah"
fi

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
tag=glyphline-$image:$version-$device

# SageMaker refuses OCI manifests (github.com/aws/amazon-sagemaker-feedback/issues/180), the default of both.
case $("$engine" --version) in
*podman*) format="build --format docker" ;;
*) format="buildx build --provenance=false --output type=docker" ;;
esac

echo "building $tag with $engine"
# shellcheck disable=SC2086 # lists of words
$engine $format --file "$folder/Dockerfile" --tag "$tag" --build-arg "DEVICE=$device" \
    ${BASE_IMAGE:+--build-arg "BASE_IMAGE=$BASE_IMAGE"} ${BUILD_FLAGS:-} .
echo "$tag is ready"
