// Signs a request: the function of the owner sees what will be sent, and adds its headers.
import { ServiceError } from "./errors";
import { withDeadline } from "./exchange";
import { toHeaders } from "./headers";
import type { ServiceRequest } from "./request";
import type { Sign } from "./types";

/**
 * Creates the function that signs requests to a service.
 * @param origin Such as `https://stock.example`.
 * @returns A function that rejects with what `sign` throws, or a ServiceError when it takes too long.
 */
export const createSigner =
  (service: string, origin: string, sign: Sign) =>
  async (request: ServiceRequest, waitMs: number, limitMs: number): Promise<ServiceRequest> => {
    const { method, path, body, content } = request;
    const headers = { ...withDeadline(waitMs), ...request.headers };
    const toSign = {
      method,
      url: origin + path,
      headers: { ...headers },
      body: typeof body === "string" ? Buffer.from(body) : body,
      isStream: content !== undefined,
    };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const what = "was not called: its request was not signed in time";
      timer = setTimeout(() => reject(new ServiceError(service, "timeout", 504, what)), limitMs);
    });
    try {
      const added = await Promise.race([sign(toSign), late]);
      const pairs = Symbol.iterator in added ? Object.fromEntries(added) : added;
      return { ...request, headers: { ...headers, ...toHeaders(pairs) } };
    } finally {
      clearTimeout(timer);
    }
  };
