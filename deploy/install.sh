#!/bin/sh
# Installs what is missing: Debian packages of the servers, the virtual environment, the pinned packages, ours.
# Needs nothing but sh and apt. A second run finds its stamps and ends at once.
# With the word `test` also what only tests need: a browser and a font with Chinese; with `bench` a load generator, with
# `faults` a proxy.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
venv="$root/.venv"
say() { printf '%s\n' "$*"; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }

# 1. Debian packages, only those whose program is absent.
missing=""
want() { # program, package
    for place in $(echo "$PATH" | tr ':' ' ') /usr/sbin /usr/lib/rabbitmq/bin; do
        [ -x "$place/$1" ] && return 0
    done
    missing="$missing $2"
}
want_library() { # library, package; users' PATH has no ldconfig
    PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null | grep -qF "$1" || missing="$missing $2"
}
units="" # systemd's, which the packages bring with them
command -v epmd >/dev/null 2>&1 || units="epmd.socket epmd.service"
[ -n "${RABBITMQ_URL:-}" ] || { want rabbitmq-server rabbitmq-server; want epmd rabbitmq-server; }
if [ -z "${POSTGRES_URL:-}" ]; then
    found=""
    for version in 18 17 16 15; do [ -x "/usr/lib/postgresql/$version/bin/initdb" ] && found=yes; done
    [ -n "$found" ] || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
fi
[ -n "${MQTT_URL:-}" ] || { want mosquitto mosquitto; want mosquitto_ctrl mosquitto-clients; }

for purpose in "$@"; do
    case $purpose in
    test)
        if ! command -v chromium >/dev/null 2>&1 && grep -qx 'ID=ubuntu' /etc/os-release 2>/dev/null; then
            command -v google-chrome >/dev/null 2>&1 || fail "The tests need a browser, and Ubuntu's package of Chromium is a snap in disguise. Install one first:
    snap install chromium          (or the package of Google Chrome)"
        else
            want chromium chromium
        fi
        want_library libatomic.so.1 libatomic1 # the browser's driver is linked against it
        ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1 || missing="$missing fonts-noto-cjk"
        ;;
    bench) want wrk wrk ;;
    faults) want haproxy haproxy ;; # in front of the gateways, where there are several
    esac
done

fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
# The distribution's own first: it is built with profiles and link-time optimisation, which an interpreter compiled by
# hand seldom is, and needs a quarter less CPU for everything. PYTHON names another.
find_python() {
    without_venv=""
    for python in ${PYTHON:-/usr/bin/python3.11 /usr/bin/python3.12 /usr/bin/python3.13 \
        python3.11 python3.12 python3.13 python3}; do
        command -v "$python" >/dev/null 2>&1 && "$python" -c "$fits" 2>/dev/null || continue
        "$python" -c 'import ensurepip, venv' 2>/dev/null && return 0
        without_venv="${without_venv:-$python}"
    done
    python="$without_venv"
    [ -n "$python" ]
}
no_python() { # what is there instead
    fail "Yeshi needs Python 3.11, 3.12 or 3.13 (here: $1). Debian 12 and 13 and Ubuntu 24.04 have one:
    apt-get install python3 python3-venv"
}
if find_python; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing $(basename "$python")-venv"
else
    command -v python3 >/dev/null 2>&1 && no_python "$(python3 --version)"
    # One that the distribution has, if it fits. Before the first `apt-get update` nobody can tell: it is looked at again.
    offered=$(apt-cache policy python3 2>/dev/null | awk '/Candidate:/ { print $2 }')
    case $offered in
    3.1[123].* | "(none)") missing="$missing python3 python3-venv" ;;
    "") no_python none ;;
    *) no_python "none, and apt has $offered" ;;
    esac
fi
# mongod of the wheel is linked against this; Debian's minimal system may lack it.
if [ -z "${MONGO_URL:-}" ] && ! command -v mongod >/dev/null 2>&1; then
    want_library libcurl.so.4 libcurl4
fi

# The first run brings about 1 GB of Python packages and half as much of Debian's.
free=$(df -Pk "$root" | awk 'NR == 2 { print int($4 / 1024) }')
if [ ! -x "$venv/bin/python" ] && [ "$free" -lt 2048 ]; then
    fail "only $free MiB are free below $root: the first run needs 2048 MiB"
fi

if [ -n "$missing" ]; then
    missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
    command -v apt-get >/dev/null 2>&1 || fail "These packages are missing and there is no apt-get here: $missing
Install them your way, or name servers that are there (RABBITMQ_URL, POSTGRES_URL, MQTT_URL)."
    sudo=""
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || fail "These packages are missing and this user may not install them. Ask an administrator for:
    apt-get install $missing"
        sudo="sudo -n"
    fi
    say "installing $missing"
    # A package must not start a system service of its own: what is there already stays as it is.
    policy=/usr/sbin/policy-rc.d
    kept=""
    if [ -e "$policy" ]; then kept=$(mktemp); $sudo cp -p "$policy" "$kept"; fi
    restore() { if [ -n "$kept" ]; then $sudo cp -p "$kept" "$policy"; else $sudo rm -f "$policy"; fi; }
    trap restore EXIT
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod 755 "$policy"
    log=$(mktemp)
    { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1 || { tail -20 "$log" >&2; rm -f "$log"; fail "apt-get failed (see above)"; }
    rm -f "$log"
    restore
    trap - EXIT
    # Nor after the next boot. Where systemd does not run, Debian's helper still enabled the units for when it will.
    for unit in rabbitmq-server postgresql mosquitto haproxy; do
        case " $missing " in *" $unit "*) units="$units $unit.service" ;; esac
    done
    for unit in $units; do
        if [ -d /run/systemd/system ]; then
            $sudo systemctl disable -q --now "$unit" 2>/dev/null || true
        else
            $sudo env DPKG_MAINTSCRIPT_PACKAGE="${unit%.*}" deb-systemd-helper disable "$unit" >/dev/null 2>&1 || true
        fi
    done
fi

find_python || no_python "$(python3 --version 2>/dev/null || echo none)"

# 2. The virtual environment with the pinned packages, then ours.
stamp="$venv/.installed"
mark=$(cat "$root/constraints.txt" "$root"/*/pyproject.toml "$root"/*/*/pyproject.toml | sha256sum | cut -c1-16)
if [ "$(cat "$stamp" 2>/dev/null)" != "$mark $root" ]; then
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv" || fail "the virtual environment could not be made in $venv"
    say "installing Python packages (a minute or two the first time)"
    log=$(mktemp)
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$root/constraints.txt" \
        >"$log" 2>&1 || { tail -20 "$log" >&2; rm -f "$log"; fail "pip failed (see above)"; }
    set --
    for project in "$root"/*/pyproject.toml "$root"/*/*/pyproject.toml; do set -- "$@" -e "$(dirname "$project")"; done
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation "$@" \
        >"$log" 2>&1 || { tail -20 "$log" >&2; rm -f "$log"; fail "pip failed (see above)"; }
    rm -f "$log"
    printf '%s' "$mark $root" >"$stamp"
fi
