// Reads a socket by exact numbers of bytes, however the network has cut them.

/** Resolves to the next `length` bytes, or to undefined when the stream ends before. */
export type ReadBytes = (length: number) => Promise<Buffer | undefined>;

/** Creates the only reader of `source`, which is not read further than asked for: a slow reader slows its sender. */
export function createByteReader(source: AsyncIterable<Buffer>): ReadBytes {
  const chunks = source[Symbol.asyncIterator]();
  let pending: Buffer[] = [];
  let size = 0;
  return async (length) => {
    while (size < length) {
      const next = await chunks.next();
      if (next.done) return undefined;
      pending.push(next.value);
      size += next.value.length;
    }
    const bytes = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
    pending = [bytes.subarray(length)];
    size -= length;
    return bytes.subarray(0, length);
  };
}
