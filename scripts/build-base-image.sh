#!/bin/sh
# Make a base image from Debian's packages, where no image registry can be reached: sudo sh scripts/build-base-image.sh
# Debian 12 has Python 3.11, as the usual base python:3.11-slim-bookworm. Needs podman and debootstrap.
#
# Environment:
#   TAG      its name; default localhost/python:3.11-slim-bookworm
#   MIRROR   default http://deb.debian.org
set -eu

tag=${TAG:-localhost/python:3.11-slim-bookworm}
mirror=${MIRROR:-http://deb.debian.org}
suite=bookworm

fail() {
    echo "error: $1" >&2
    exit 2
}

[ "$(id -u)" -eq 0 ] || fail "debootstrap must be root. Run: sudo sh scripts/build-base-image.sh"
for command in podman debootstrap; do
    command -v $command >/dev/null || fail "no $command here. On Debian: apt-get install podman buildah debootstrap"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

quietly() {
    "$@" >"$work/log" 2>&1 || {
        tail -n 20 "$work/log" >&2
        fail "'$*' failed; its last lines are above."
    }
}

quietly debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv "$suite" "$root" "$mirror/debian"

cat >"$root/etc/apt/sources.list" <<END
deb $mirror/debian $suite main
deb $mirror/debian $suite-updates main
deb $mirror/debian-security $suite-security main
END
cp /etc/resolv.conf "$root/etc/resolv.conf"
quietly chroot "$root" apt-get update
quietly chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get upgrade -y
quietly chroot "$root" apt-get clean
# what no image shows: documentation (without the licences), translations, traces of the installation
find "$root/usr/share/doc" ! -type d ! -name copyright -delete
rm -rf "$root"/usr/share/locale/* "$root"/usr/share/man/* "$root"/etc/resolv.conf \
    "$root"/var/lib/apt/lists/* "$root"/var/log/*.log "$root"/var/log/apt

tar -C "$root" --numeric-owner -c . | podman import --quiet --change 'CMD ["python3"]' - "$tag" >/dev/null
echo "$tag is ready: BASE_IMAGE=$tag make images"
