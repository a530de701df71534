#!/bin/sh
# Runs systemd in its own namespaces, with only the files that it needs.
# Arguments: a folder with units/ and srv/, one with node_modules/ and the packages/ it links to, node, and a cgroup2.
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
# Hides the machine's /tmp, where systemd would leave its PrivateTmp folders; the needed files are already bound.
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /var/tmp
exec env -i container=unshare PATH="$PATH" SYSTEMD_UNIT_PATH=/run/units /lib/systemd/systemd --unit=default.target
