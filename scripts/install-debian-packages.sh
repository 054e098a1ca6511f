#!/usr/bin/env bash
# Installs what the tests look at the project with and npm does not have: an S3 server (OpenStack Swift), a browser (Chromium) and promtool.
# Where apt or the right to use it is missing it does nothing, and the tests that need them are skipped visibly. Never fails.
command -v apt-get >/dev/null || exit 0
packages=()
[ -x /usr/bin/swift-proxy-server ] || packages+=(swift-proxy swift-account swift-container swift-object)
[ -x /usr/bin/chromium ] || packages+=(chromium fonts-dejavu-core)
needs_promtool=$(command -v promtool >/dev/null || echo yes)
[ ${#packages[@]} -eq 0 ] && [ -z "$needs_promtool" ] && exit 0
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || exit 0
  as_root=(sudo -n)
fi
install_package() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1
}
# The package prometheus would also start a server that listens everywhere; only its checker is taken out of it.
extract_promtool() {
  local directory
  directory=$(mktemp -d)
  (cd "$directory" && chmod 755 . && timeout 300 apt-get download prometheus && dpkg-deb -x prometheus_*.deb . \
    && "${as_root[@]}" install -m 755 usr/bin/promtool /usr/local/bin/promtool) >/dev/null 2>&1
  local status=$?
  rm -rf "$directory"
  return $status
}
apt-cache show chromium swift-proxy prometheus >/dev/null 2>&1 || "${as_root[@]}" timeout 120 apt-get update >/dev/null 2>&1
for package in "${packages[@]}"; do install_package "$package" || echo "$package could not be installed; what needs it is skipped." >&2; done
[ -z "$needs_promtool" ] || extract_promtool || echo "promtool could not be installed; what needs it is skipped." >&2
exit 0
