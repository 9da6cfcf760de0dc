#!/bin/sh
# usage: make_blender_root.sh FOLDER    makes a Debian with Blender and a virtual screen in FOLDER,
# which is whole or absent afterwards. Needs root, debootstrap, 2 GB and Debian's mirror.
set -eu
root=$1
mirror=${MVMOCAP_DEBIAN_MIRROR:-http://deb.debian.org/debian}
packages=blender,python3-numpy,ca-certificates,libgl1-mesa-dri,libegl1,libgl1,libgles2,mesa-vulkan-drivers
packages=$packages,xvfb,x11-utils,imagemagick

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

manual="Set MVMOCAP_BLENDER to a Blender of your own: see docs/guide/for-developers.md."
[ "$(uname -s)" = Linux ] || die "A Blender for these tests is only made on Linux. $manual"
[ "$(id -u)" = 0 ] || die "Making a Blender for these tests needs root (debootstrap). $manual"
command -v debootstrap >/dev/null ||
    die "debootstrap is missing (apt-get install debootstrap). $manual"

mkdir -p "$(dirname "$root")"
new=$root.writing-$$
log=$root.log
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT TERM HUP
echo "making a Blender for the tests in $root (once, 2 GB, a few minutes; log in $log) ..." >&2
debootstrap --variant=minbase --include="$packages" trixie "$new" "$mirror" >"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    die "Debian with Blender could not be fetched from $mirror (MVMOCAP_DEBIAN_MIRROR). $manual"
}
if grep -q "^[^ ]* $(readlink -f "$new")/" /proc/mounts; then
    umount "$new/proc" "$new/sys" 2>/dev/null || true
fi
rm -rf "$new"/var/cache/apt/archives/*.deb
mv "$new" "$root"
