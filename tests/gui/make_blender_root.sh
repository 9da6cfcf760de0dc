#!/bin/sh
# usage: make_blender_root.sh FOLDER    makes a Debian with Blender and a virtual screen in FOLDER,
# which is whole or absent afterwards. Needs root, debootstrap, 2 GB and Debian's mirror.
set -eu
root=$1
mirror=${MVMOCAP_DEBIAN_MIRROR:-http://deb.debian.org/debian}
packages="blender python3-numpy libgl1-mesa-dri libegl1 libgl1 libgles2 xvfb imagemagick"

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

manual="Set MVMOCAP_BLENDER to a Blender of your own: see docs/guide/for-developers.md."
[ "$(uname -s)" = Linux ] || die "A Blender for these tests is only made on Linux. $manual"
[ "$(id -u)" = 0 ] || die "Making a Blender for these tests needs root (debootstrap). $manual"
command -v debootstrap >/dev/null ||
    die "debootstrap is missing (apt-get install debootstrap). $manual"

apt() {
    DEBIAN_FRONTEND=noninteractive chroot "$new" apt-get -q -y -o Acquire::Retries=3 \
        -o Dpkg::Options::=--force-unsafe-io "$@"
}

fill() {
    debootstrap --variant=minbase --include=ca-certificates trixie "$new" "$mirror" || return 1
    printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d" # no service is to start
    chmod +x "$new/usr/sbin/policy-rc.d"
    # apt works out what Blender needs in seconds, debootstrap in minutes.
    # shellcheck disable=SC2086
    apt update && apt install --no-install-recommends $packages
}

mkdir -p "$(dirname "$root")"
new=$root.writing-$$
log=$root.log
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT TERM HUP
echo "making a Blender for the tests in $root (once, 2 GB, a few minutes; log in $log) ..." >&2
fill >"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    die "Debian with Blender could not be fetched from $mirror (MVMOCAP_DEBIAN_MIRROR). $manual"
}
if grep -q "^[^ ]* $(readlink -f "$new")/" /proc/mounts; then
    umount "$new/proc" "$new/sys" 2>/dev/null || true
fi
rm -rf "$new"/var/cache/apt/archives/*.deb
mv "$new" "$root"
