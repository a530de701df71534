// Where to listen: at a port of one's own, or on a listening socket that systemd has passed.
import { BindError, type BindTarget } from "./bind";

const FIRST_PASSED_FD = 3;

/**
 * Reads the file descriptor of a socket that systemd has passed to this very process, or undefined when there is none.
 * `LISTEN_PID` must be this process: the variables are inherited by children for whom they are not meant.
 * @throws BindError when more than one socket is passed.
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
 */
export function readPassedSocket(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): number | undefined {
  if (env.LISTEN_FDS === undefined || env.LISTEN_PID !== String(pid)) return undefined;
  if (env.LISTEN_FDS === "1") return FIRST_PASSED_FD;
  throw new BindError(
    `Expected one passed socket, got LISTEN_FDS=${env.LISTEN_FDS}: declare one ListenStream in the systemd unit.`,
  );
}

/**
 * Where a process is to listen: on the socket that systemd has passed, if there is one, else at the configured port.
 * @throws BindError as `readPassedSocket` does.
 */
export function readBindTarget(
  config: Readonly<{ HOST: string; PORT: number; REUSE_PORT: boolean }>,
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): BindTarget {
  const fd = readPassedSocket(env, pid);
  if (fd !== undefined) return { fd };
  return { host: config.HOST, port: config.PORT, reusePort: config.REUSE_PORT };
}
