#!/usr/bin/env bash
# usage: image.sh PROGRAM FOLDER
# Makes the container image of PROGRAM with buildah, or docker where that is all there is: FOLDER/opslb-VERSION-ARCHITECTURE.tar.gz
# (docker load, podman load, ctr image import), and beside it the list of materials. Pulls nothing.
set -euo pipefail

here=$(dirname "$(realpath "$0")")
source=$here/..
program=$1 folder=$2
mkdir -p "$folder"
folder=$(realpath "$folder")

version=$("$program" --version | cut -d' ' -f2)
revision=$(git -C "$source" rev-parse HEAD 2>/dev/null || echo unknown)
moment=$("$here/moment.sh")
architecture=$(dpkg --print-architecture)
name=opslb:$version
archive=$folder/opslb-$version-$architecture.tar

# The image is what the last stage of the Containerfile says, from a file system that is there already.
prepare() {
  "$here/image_root.sh" "$program" "$folder"
  find "$folder/root" -exec touch --no-dereference --date="@$moment" {} +
  sed -n '/^FROM scratch/,$p' "$source/Containerfile" |
    sed -e 's|^COPY --from=build /image/root/|COPY .|' >"$folder/Containerfile"
}

arguments=(--build-arg "VERSION=$version" --build-arg "REVISION=$revision" -t "$name" -f "$folder/Containerfile" "$folder/root")

with_buildah() {
  # A place of its own: whatever images this machine has stay as they are.
  local store=(--root "$folder/store" --runroot "$folder/run" --storage-driver vfs)
  buildah "${store[@]}" bud --quiet --isolation chroot --format docker --timestamp "$moment" "${arguments[@]}" >/dev/null
  rm -f "$archive"
  buildah "${store[@]}" push --quiet "$name" "docker-archive:$archive:$name" >/dev/null
  buildah "${store[@]}" rmi --all --force >/dev/null
}

with_docker() {
  docker build --quiet "${arguments[@]}" >/dev/null
  docker save --output "$archive" "$name"
}

prepare
if [ -n "$(type -P buildah)" ]; then with_buildah; else with_docker; fi
"$here/image_archive.py" "$archive"
"$here/sbom.py" "$version" "$folder/packages.txt" >"$folder/opslb-$version-$architecture.cdx.json"
ls -l "$archive.gz" "$folder"/*.cdx.json
