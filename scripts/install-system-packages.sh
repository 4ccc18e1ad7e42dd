#!/bin/sh
# Install the system packages that Glyphline needs and Python's index does not have: fonts, what OpenCV links to, and a
# browser for the tests of the labelling task. Does nothing where all are there. Where it may not install, it says what
# to run and succeeds, so that `make test` goes on: tests that need a font or the browser are skipped and say so.
set -eu

# fonts-thai-tlwg      Thai                       fonts-lohit-deva     Devanagari
# fonts-noto-core      Thai, Devanagari, Latin    fonts-dejavu-core    Latin with Vietnamese
# fonts-liberation     Latin, like Arial          fonts-osifont        lettering of ISO 3098
# fonts-routed-gothic  lettering of Leroy templates
packages="fonts-thai-tlwg fonts-noto-core fonts-lohit-deva fonts-liberation fonts-dejavu-core fonts-osifont fonts-routed-gothic"

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "system packages: no apt-get here. Install by hand what these Debian packages hold: $packages, libgl1, libglib2.0-0, chromium" >&2
    exit 0
fi

# asked for by library, not by package: newer distributions renamed the packages
libraries=$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p)
case "$libraries" in *libGL.so.1*) ;; *) packages="$packages libgl1" ;; esac
case "$libraries" in *libgthread-2.0.so.0*) ;; *) packages="$packages libglib2.0-0" ;; esac

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $packages 2>/dev/null | sed -n 's/^installed //p' || true)
missing=""
for package in $packages; do
    case "
$installed
" in
    *"
$package
"*) ;;
    *) missing="$missing $package" ;;
    esac
done

# asked for by command: any of them does (tests/labeling/conftest.py)
browser=chromium
for command in chromium chromium-browser google-chrome; do
    if command -v "$command" >/dev/null; then browser=""; fi
done
[ -n "$missing$browser" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        echo "system packages: not allowed to install. Run: sudo apt-get install$missing $browser" >&2
        exit 0
    fi
fi

install() {
    # shellcheck disable=SC2086 # a list of words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $1 >/dev/null
}

# the browser by itself: where a distribution names it otherwise, the others are installed all the same
for wanted in "${missing# }" "$browser"; do
    [ -n "$wanted" ] || continue
    echo "system packages: installing $wanted" >&2
    if ! install "$wanted" 2>/dev/null; then
        if ! { $as_root apt-get update -qq && install "$wanted"; }; then
            echo "system packages: could not install. Run: sudo apt-get update && sudo apt-get install $wanted" >&2
        fi
    fi
done
