// Reads the files of a tar archive in memory.

const BLOCK_BYTES = 512;
/** Offsets and lengths of a header's fields. */
const NAME = [0, 100] as const;
const SIZE = [124, 12] as const;
const MAGIC = [257, 6] as const;
const PREFIX = [345, 155] as const;
const TYPE = 156;
const FOLDER = 0x35;

/**
 * Yields the name and the content of each regular file, and the name of each folder. Names are up to 256 bytes, as in the archives
 * of PGlite and of `npm pack`.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html ustar Interchange Format
 */
export function* readTar(archive: Buffer): Generator<[name: string, content: Buffer | undefined]> {
  for (let at = 0; at + BLOCK_BYTES <= archive.length;) {
    const field = ([offset, length]: readonly [number, number]) =>
      archive.toString("utf8", at + offset, at + offset + length).replace(/\0[^]*/, "");
    // In GNU's format, the magic ends with a space and other fields are in the place of the prefix.
    const isUstar =
      archive.toString("latin1", at + MAGIC[0], at + MAGIC[0] + MAGIC[1]) === "ustar\0";
    const prefix = isUstar ? field(PREFIX) : "";
    const name = prefix === "" ? field(NAME) : `${prefix}/${field(NAME)}`;
    // The archive ends with blocks of zeros.
    if (name === "") return;
    const size = Number.parseInt(field(SIZE), 8);
    const start = at + BLOCK_BYTES;
    if (isRegular(archive[at + TYPE])) yield [name, archive.subarray(start, start + size)];
    else if (archive[at + TYPE] === FOLDER) yield [name, undefined];
    at = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

/** `0`, or NUL in old archives. */
const isRegular = (type: number | undefined): boolean => type === 0x30 || type === 0;
