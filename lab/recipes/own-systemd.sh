#!/bin/sh
# Shows systemd what it needs in namespaces of its own, and becomes it.
# Arguments: a folder with units/ and srv/, one with node_modules/ and the packages/ it links to, node, and a cgroup2 to live in.
set -e
if [ "$1" != inside ]; then
  echo $$ >"$4/cgroup.procs"
  exec unshare --fork --pid --mount --uts --ipc --cgroup --mount-proc --kill-child "$0" inside "$@"
fi
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --bind /dev/null /dev/console
mount --bind /dev/null /dev/kmsg
mkdir /run/units
mount --bind "$2/units" /run/units
mount --bind "$2/srv" /srv
mount --bind "$3/node_modules" /srv/berth/node_modules
mount --bind "$3/packages" /srv/berth/packages
mount --bind "$4" /srv/berth/node
# What systemd puts there for PrivateTmp would stay; all that was needed of it is bound by now.
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /var/tmp
exec env -i container=unshare PATH="$PATH" SYSTEMD_UNIT_PATH=/run/units /lib/systemd/systemd --unit=default.target
