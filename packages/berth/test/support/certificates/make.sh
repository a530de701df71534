#!/bin/sh
# Recreates the certificates of this folder: an authority, and its certificates for two names.
set -eu
cd "$(dirname "$0")"
ca=$(mktemp -d)
trap 'rm -rf "$ca"' EXIT

ec="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
openssl req -x509 $ec -days 36500 -keyout "$ca/key" -out authority.crt -subj "/CN=Test authority"
for name in localhost elsewhere.example; do
  openssl req $ec -keyout "$name.key" -out "$ca/csr" -subj "/CN=$name" -addext "subjectAltName=DNS:$name"
  openssl x509 -req -in "$ca/csr" -copy_extensions copy -days 36500 \
    -CA authority.crt -CAkey "$ca/key" -CAcreateserial -CAserial "$ca/serial" -out "$name.crt"
done
