#!/usr/bin/env bash
# usage: build.sh BUILD-DIRECTORY FOLDER [VERSION]
# Makes the Debian package and the RPM of what is built there, and leaves them in FOLDER. VERSION is for tests of an upgrade,
# which need a package that calls itself older. Two builds of the same sources are the same bytes.
set -euo pipefail

source=$(realpath "$(dirname "$0")/../..")
build=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
version=${3:-$(sed -n 's/^project(opslb VERSION \([0-9.]*\) .*/\1/p' "$source/CMakeLists.txt")}
SOURCE_DATE_EPOCH=$("$source/.ci/moment.sh")
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8
umask 022

work=$(mktemp -d "${TMPDIR:-/tmp}/opslb-package.XXXXXX")
trap 'rm -rf "$work"' EXIT

# pack GENERATOR [OPTION...]
pack() {
  cpack --config "$build/CPackConfig.cmake" -G "$1" -B "$work/$1" -D "CPACK_PACKAGE_VERSION=$version" "${@:2}" >"$work/log" 2>&1 ||
    { cat "$work/log" "$work/$1/_CPack_Packages/"*/*/*.err >&2; exit 1; }
}

pack DEB -D "CPACK_PRE_BUILD_SCRIPTS=$source/conf/package/deb/arrange.cmake"
pack RPM
mv "$work"/DEB/*.deb "$work"/RPM/*.rpm "$folder"
