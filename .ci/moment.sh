#!/usr/bin/env bash
# The one moment that everything in a package or an image is from, so that two builds of the same sources are the same bytes:
# SOURCE_DATE_EPOCH, else the commit's; where the sources came without git, that of their list of changes.
cd "$(dirname "$(realpath "$0")")/.."
echo "${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat --format=%Y CHANGELOG.md)}"
