# packages.sh - installs Debian packages for quickstart and check, without waking any service
#
# Sourced by both. A Postfix that comes with it is neither configured nor started; one that is there already is not
# touched. /usr/sbin/policy-rc.d is Debian's own way to say "start nothing"; it is put back as it was.

# What building mugai needs, what its demonstration needs, and what its tests need beside.
build_packages="gcc libc6-dev meson ninja-build pkg-config libglib2.0-dev libgmime-3.0-dev libxml2-dev zlib1g-dev
    libsqlite3-dev libjson-glib-dev libmilter-dev libidn2-dev libmagic-dev libseccomp-dev libsodium-dev nettle-dev
    libarchive-dev libcurl4-openssl-dev gettext python3"
relay_packages="postfix iproute2 procps"
test_packages="binutils clang debootstrap libclang-rt-14-dev llvm libcriterion-dev chromium w3m lynx
    frama-c-base libmime-tools-perl libemail-mime-perl ripmime mpack curl p7zip-full openssl prometheus systemd valgrind
    groff-base faketime"
# A Node from elsewhere brings its own npm, and Debian's will not go beside it.
command -v npm >/dev/null || test_packages="$test_packages nodejs npm"

policy=/usr/sbin/policy-rc.d
policy_saved=

die() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

say() {
    echo "==> $*"
}

require_debian_root() {
    [ "$(id -u)" -eq 0 ] || die "needs root: it installs packages and starts Postfix. Try: sudo $0"
    [ -x /usr/bin/apt-get ] || die "needs Debian 12: there is no apt-get here"
}

missing_packages() {
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done
}

forbid_services() {
    policy_saved=$(mktemp "$policy.XXXXXX")
    if [ -e "$policy" ]; then
        mv "$policy" "$policy_saved"
    else
        rm "$policy_saved"
    fi
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
}

allow_services() {
    [ -n "$policy_saved" ] || return 0
    rm -f "$policy"
    if [ -e "$policy_saved" ]; then
        mv "$policy_saved" "$policy"
    fi
    policy_saved=
}

# install_packages PACKAGE...: what is missing of them. The caller's EXIT trap must call allow_services.
install_packages() {
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    say "Installing" $missing
    forbid_services
    export DEBIAN_FRONTEND=noninteractive
    case " $(echo $missing) " in
    *" postfix "*) echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections ;;
    esac
    apt-get update -q >/dev/null || die "apt-get update failed"
    apt-get install -q -y --no-install-recommends --no-remove $missing </dev/null >/dev/null ||
        die "apt-get install failed; nothing was removed (another mail server in the way?)"
    allow_services
}
