// The ways to serve one port with several processes.
import { router } from "./formation";
import { haproxy, nginx } from "./proxies";
import type { Way } from "./way";
import { hup, sockets } from "./workers";

/** By the names that `--way` takes. */
export const ways: Readonly<Record<string, Way>> = { router, nginx, haproxy, hup, sockets };
