#!/usr/bin/env bash
# usage: release.sh      run by `./dev release`, once the packages and the image are in build/
# Builds the same commit once more, at another place and without ccache, and if all of it is the same bytes leaves what is released in
# build/release: container image, packages, list of materials, symbols, and the checksums of these.
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD release=build/release
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

second=$(mktemp -d "${TMPDIR:-/var/tmp}/opslb-release.XXXXXX")
trap 'rm -rf "$second"' EXIT
again="$second/another place/build"

build_again() (
  git clone -q "$source" "$second/another place"
  cd "$second/another place"
  export CCACHE_DISABLE=1
  cmake --preset release
  cmake --build --preset release --target opslb package_files
  .ci/package/build.sh build build/package
  .ci/image.sh build/opslb build/image
)

echo "building once more, at another place"
build_again >"$second/log" 2>&1 || { tail -n 40 "$second/log" >&2; exit 1; }

differ=0
rm -rf $release
mkdir $release
for file in build/{opslb,opslb.debug} build/package/*.{deb,rpm} build/image/*.{tar.gz,cdx.json}; do
  cmp "$file" "$again${file#build}" || differ=1
  cp "$file" $release
done
[ $differ = 0 ] || { echo "release: two builds of $(git rev-parse --short HEAD) differ" >&2; rm -rf $release; exit 1; }

# The program itself is in the packages and the image; symbols are for whoever reads a core dump.
rm $release/opslb
xz $release/opslb.debug
(cd $release && sha256sum -- * >SHA256SUMS)
ls -l $release
