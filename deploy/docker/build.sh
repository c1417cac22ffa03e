#!/bin/sh
# Builds the images, all or those named: deploy/docker/build.sh [orders gateway …]
# YESHI_TAG names the version; PIP_CONFIG, a pip.conf, names a package index of your own; BUILD_OPTIONS goes to `docker build`.
set -eu
cd "$(dirname "$0")/../.."
tag=${YESHI_TAG:-local}
[ $# -gt 0 ] || set -- users catalog orders media notify edge-gateway gateway line
for image; do
    case $image in
    gateway) source=gateway ;;
    line) source=deploy/local ;; # the double: for development, never part of a deployment
    *) source=services/$image ;;
    esac
    [ -f "$source/pyproject.toml" ] || { echo "no such image: $image" >&2; exit 2; }
    echo "yeshi/$image:$tag"
    # shellcheck disable=SC2086 # options are words
    DOCKER_BUILDKIT=1 docker build -q ${PIP_CONFIG:+--secret "id=pip,src=$PIP_CONFIG"} ${BUILD_OPTIONS:-} \
        -f deploy/docker/Dockerfile --build-arg "IMAGE=$image" --build-arg "SOURCE=$source" -t "yeshi/$image:$tag" . >/dev/null
done
