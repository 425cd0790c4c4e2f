#!/bin/sh
# Say what is missing before nginx says it in its own words. Run by the image before nginx starts.
set -eu

grep -q ssl_certificate /etc/nginx/templates/site.conf.template || exit 0
for name in fullchain.pem privkey.pem; do
    if [ ! -r "/certificates/$name" ]; then
        echo "There is no $name that user $(id -u) may read in the folder CERTIFICATES (./certificates)." >&2
        echo "Put the certificate of the domain there; docs/one-machine.md tells how to get one. Where" >&2
        echo "something in front of this machine ends TLS, set PROXY_MODE=http and PROXY_FRONT instead." >&2
        exit 1
    fi
done
