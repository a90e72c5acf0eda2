#!/usr/bin/env bash
# usage: release.sh      run by `./dev release`
# Builds what is committed twice, in two places, and leaves in build/release what is released, if all of it is the same bytes:
# container image, packages, list of materials, symbols, and the checksums of these.
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD release=build/release
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
# It would make the second build a copy of the first, and it leaves its own names of files in the symbols.
export CCACHE_DISABLE=1

work=$(mktemp -d "${TMPDIR:-/var/tmp}/opslb-release.XXXXXX")
trap 'rm -rf "$work"' EXIT

build_at() (
  git clone -q "$source" "$1"
  cd "$1"
  # What g++ 12 notes on the variables of coroutines depends, in a few files, on where the sources lie. Without variables
  # symbols still tell functions and lines.
  cmake --preset release -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O2 -g1 -DNDEBUG"
  cmake --build --preset release --target opslb package_files
  .ci/package/build.sh build build/package
  lintian --allow-root --fail-on error,warning build/package/*.deb
  .ci/image.sh build/opslb build/image
)

for place in "$work/one" "$work/another place"; do
  echo "building in $place"
  build_at "$place" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; exit 1; }
done

differ=0
whole=$work/release
mkdir "$whole"
for file in "$work/one/build"/{opslb.debug,package/*.deb,package/*.rpm,image/*.tar.gz,image/*.cdx.json}; do
  cmp "$file" "$work/another place${file#"$work/one"}" || differ=1
  cp "$file" "$whole"
done
cmp "$work/one/build/opslb" "$work/another place/build/opslb" || differ=1
[ $differ = 0 ] || { echo "release: two builds of $(git rev-parse --short HEAD) differ" >&2; exit 1; }

xz "$whole/opslb.debug" # for whoever reads a core dump
(cd "$whole" && sha256sum -- * >SHA256SUMS)
mkdir -p build
rm -rf $release
mv "$whole" $release
ls -l $release
