#!/usr/bin/env bash
# usage: image_root.sh PROGRAM FOLDER
# Puts the whole file system of the container image into FOLDER/root, from PROGRAM and the Debian packages of this machine: the
# program, the libraries it is linked with, certificates of public authorities, and who runs it. Nothing else: no shell.
# FOLDER/packages.txt names the packages that something in it is from.
set -euo pipefail

program=$1 root=$2/root
user=65532 # as in other images without root; there is no such user on the machine outside

owners=$2/packages.txt

# A path as dpkg knows it: it may have been installed before /lib became a link into /usr.
package_of() {
  local path=$1
  dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "${path#/usr}" 2>/dev/null || dpkg-query -S "/usr$path"
}

note_package() { package_of "$1" | sed -n '1s/:.*//p' >>"$owners"; }

# The libraries that the loader finds for the program, with the loader itself: NAME PATH.
libraries() {
  ldd "$program" | awk '$2 == "=>" && $3 ~ /^\// {print $1, $3} $1 ~ /^\// {print $1, $1}'
}

copy_libraries() {
  local name path to
  while read -r name path; do
    to=$root/usr${path#/usr}
    [ "${name#/}" = "$name" ] || to=$root/usr$name # the loader stays where every program expects it
    install -D -m 755 "$(realpath "$path")" "$to"
    note_package "$(realpath "$path")"
  done < <(libraries)
}

write_accounts() {
  printf 'root:x:0:0:root:/:/\nopslb:x:%s:%s:opslb:/:/\n' $user $user >"$root/etc/passwd"
  printf 'root:x:0:\nopslb:x:%s:\n' $user >"$root/etc/group"
  printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
}

copy_authorities() {
  install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  # Where OpenSSL looks if it is told of no other place.
  mkdir -p "$root/usr/lib/ssl"
  ln -s ../../../etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
  echo ca-certificates >>"$owners"
}

# Their terms go with what is passed on.
copy_terms() {
  local package
  for package in $(sort -u "$owners"); do
    install -D -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
  done
  # And those of the libraries whose headers became part of the program.
  install -D -m 644 -t "$root/usr/share/doc/opslb" "$(dirname "$0")/../LICENSE" "$(dirname "$0")/../conf/package/copyright"
}

rm -rf "$root"
mkdir -p "$2"
: >"$owners"
mkdir -p "$root"/{etc/opslb,usr/lib,usr/lib64,run/opslb,tmp}
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
chmod 1777 "$root/tmp"
install -D -m 755 "$program" "$root/usr/bin/opslb"
copy_libraries
write_accounts
copy_authorities
copy_terms
sort -u -o "$owners" "$owners"
[ "$(id -u)" != 0 ] || chown $user:$user "$root/run/opslb"
