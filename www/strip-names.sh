#!/bin/sh
# usage: strip-names.sh MODULE…   Cuts the sections off the end of wasm modules that nothing reads at run time: names of
# glue functions and tools, which wasm-bindgen leaves there (1.4 KB compressed of the page).
set -eu
for module; do
  # Sections follow an 8-byte head: a kind, 0 for such a section, and the length in base 128, lowest digits first.
  at=8
  while
    set -- $(od -An -v -tu1 -j "$at" -N 6 "$module")
    [ "${1:-0}" != 0 ]
  do
    shift
    length=0 unit=1 read=2
    while [ "$1" -ge 128 ]; do
      length=$((length + ($1 - 128) * unit)) unit=$((unit * 128)) read=$((read + 1))
      shift
    done
    at=$((at + read + length + $1 * unit))
  done
  head -c "$at" "$module" > "$module.cut"
  mv "$module.cut" "$module"
done
