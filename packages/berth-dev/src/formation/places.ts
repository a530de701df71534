// Says, when everything is up, where the processes of a formation are, and their documentation.
import { request } from "node:http";

/** Where processes say that they are; one without a port says that it is running, after it has started all that it consists of. */
const LISTENING = /\blistening on port (\d+)/;
const READY = /\bready on (\w+:\/\/\S+?)["\s]*$/;

const RUNNING = /"pid":\d+,"msg":"[^"]+ is running"\}$/;
const WITHOUT_PORT = "runs in the background";

/** How long to wait for processes that have not said that they are up, in milliseconds: other programs may never say it. */
const SETTLE_MS = 5000;
/** How long a process may take to say whether it has documentation, in milliseconds. */
const HTTP_TIMEOUT_MS = 1000;

export interface Places {
  /** Reads a line of a process' output. */
  read(name: string, text: string): void;
  /** Every process of the formation is started. */
  started(): void;
}

/** @param names The instances that have a port, in the order in which they are listed. */
export function createPlaces(names: readonly string[], say: (text: string) => void): Places {
  const found = new Map<string, string>();
  let areStarted = false;
  let isSaid = false;
  let isPartSaid = false;
  let timer: NodeJS.Timeout | undefined;

  const announce = async () => {
    const present = names.filter((name) => found.has(name));
    const missing = names.filter((name) => !found.has(name));
    isSaid = missing.length === 0;
    const places = await Promise.all(present.map((name) => describe(found.get(name)!)));
    if (present.length === 0) return;
    const width = Math.max(...present.map((name) => name.length));
    say(
      isSaid ? "everything is up:" : `${missing.join(", ")}: not known to be up; the others are:`,
    );
    present.forEach((name, index) => say(`  ${name.padEnd(width)} ${places[index]}`));
  };
  const announcePart = () => {
    isPartSaid = true;
    void announce();
  };
  const update = () => {
    if (isSaid || !areStarted) return;
    clearTimeout(timer);
    if (names.every((name) => found.has(name))) void announce();
    else if (!isPartSaid) timer = setTimeout(announcePart, SETTLE_MS).unref();
  };

  return {
    read(name, text) {
      if (isSaid || found.has(name)) return;
      const port = READY.exec(text)?.[1] ?? LISTENING.exec(text)?.[1];
      const place = port ?? (RUNNING.test(text.trim()) ? WITHOUT_PORT : undefined);
      if (place === undefined) return;
      found.set(name, place);
      update();
    },
    started() {
      areStarted = true;
      update();
    },
  };
}

/** @param place A URL, or a port. */
async function describe(place: string): Promise<string> {
  if (!/^\d+$/.test(place)) return place;
  const status = await statusOf(Number(place), "/docs");
  if (status === undefined) return `localhost:${place}`;
  const url = `http://localhost:${place}`;
  return status < 400 ? `${url}, docs at ${url}/docs` : url;
}

/** Undefined if the response is not HTTP, or does not arrive in time. */
function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(HTTP_TIMEOUT_MS);
    request({ host: "127.0.0.1", port, path, method: "HEAD", agent: false, signal }, (res) => {
      resolve(res.statusCode);
      res.destroy();
    })
      .on("error", () => resolve(undefined))
      .end();
  });
}
