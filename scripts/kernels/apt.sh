# apt.sh, to be sourced: apt with a state of its own for each suite and architecture, so that the host's configuration is
# not touched and packages of other architectures and releases come from the same mirror.

# The mirror that the host already uses.
debian_mirror() {
  local mirror
  mirror=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list /etc/apt/sources.list 2>/dev/null |
    grep -v '^ *#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -1 | tr -d ' ' || true)
  mirror=${mirror:-http://deb.debian.org/debian}
  echo "${mirror%/}"
}

# private_apt STATE TOOL [ARGUMENT...]: apt-get or apt-cache as if nothing was installed. STATE/architecture says for which.
private_apt() {
  local state=$1 tool=$2 architecture
  shift 2
  architecture=$(cat "$state/architecture")
  "$tool" -o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture" \
    -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" -o Dir::State::status="$state/status" \
    -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

# init_apt STATE SUITE ARCHITECTURE
init_apt() {
  local state=$1 suite=$2 mirror signed
  mirror=$(debian_mirror)
  signed=signed-by=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  : >"$state/status"
  echo "$3" >"$state/architecture"
  {
    echo "deb [$signed] $mirror $suite main"
    if [ "$suite" = bookworm ]; then echo "deb [$signed] $mirror-security $suite-security main"; fi
  } >"$state/sources.list"
  private_apt "$state" apt-get -qq update
}
