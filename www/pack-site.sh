#!/bin/sh
# Runs last, after every build of the site: names the page's files after their content as packed (trunk did so before),
# puts a start script of our own in the place of trunk's (the page's Content-Security-Policy allows none inside), and
# tells the service worker which files the site has, and of which build.
set -eu
cd "${TRUNK_STAGING_DIR:?this is a hook of trunk}"

module=$(echo page-*_bg.wasm)
old=${module%_bg.wasm}
new="page-$(cat "$module" "$old.js" | cksum | cut -d' ' -f1)"
mv "$module" "${new}_bg.wasm"
mv "$old.js" "$new.js"
sed "s|$old|$new|g" index.html > index.packed
mv index.packed index.html

sed "s|\./page|./$new|" start.js > start.packed
rm start.js
start="start-$(cksum < start.packed | cut -d' ' -f1).js"
mv start.packed "$start"
open='<script type="module">'
sed "/$open/,/<\/script>/{/<\/script>/!d; s|.*</script>|<script type=\"module\" src=\"./$start\"></script>|}" index.html > index.packed
mv index.packed index.html

# `make serve` shows changes at once; a site that is kept would hide them.
if [ -n "${SCOREFIELD_LIVE:-}" ]; then
  rm -f service-worker.js
  sed '/<meta name="service-worker"/d' index.html > index.packed
  mv index.packed index.html
  exit
fi
files=$(find . -type f ! -name service-worker.js ! -name index.html | LC_ALL=C sort)
version=$(cat index.html $files service-worker.js | cksum | cut -d' ' -f1)
list="'./'$(printf ", '%s'" $files)"
sed "s|^const VERSION = .*|const VERSION = '$version';|; s|^const FILES = .*|const FILES = [$list];|" service-worker.js > worker.packed
mv worker.packed service-worker.js
