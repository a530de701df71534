// Reads a multipart form: fields into memory, files into a temporary folder or as streams for the handler.
import { createWriteStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Request, Response } from "express";
import { Problem } from "../request/problem";
import {
  asReceived,
  type FileField,
  type FileRule,
  type StreamedFile,
  type UploadedFile,
} from "../schema/file";
import { type CheckedFile, createCheckedFile, type FileHead } from "./checked-file";
import { createFormValues, type FormValues, setValuesBefore } from "./form-values";
import { createParser, PART_HEAD_BYTES } from "./parser";
import { createTemporaryFolder } from "./temporary-folder";

/** The options for reading a form. */
export interface MultipartOptions {
  /** Which fields are files. */
  fileFields: ReadonlyMap<string, FileField>;
  /** The maximum size of all other fields together, in bytes, including names. */
  limitBytes: number;
  /** The maximum number of fields that are not files; 100 by default. */
  maxFields?: number | undefined;
  /** Where files are stored; the system's temporary folder by default. */
  folder?: string | undefined;
  /** Creates a file, which must not exist yet. An argument for tests, so that they need not fill a disk. */
  createFile?: (path: string) => Writable;
}

const createFileOnDisk = (path: string): Writable =>
  createWriteStream(path, { flags: "wx", mode: 0o600 });

/** A field's name, and its file. */
type Taken = [field: string, file: UploadedFile | StreamedFile];

/** The space for the boundary and head of a part. */
const PART_BYTES = 512;

/**
 * Reads a `multipart/form-data` body. Its files are removed when the response closes, or at once on an error.
 * @throws Problem 400 for a malformed or incomplete form, 413 over a limit, 415 for a Content-Encoding,
 *   422 for a file that its field does not accept, 507 when the disk is full.
 * @see https://www.rfc-editor.org/rfc/rfc7578
 */
export function readMultipart(req: Request, options: MultipartOptions): Promise<FormValues> {
  const { fileFields, limitBytes, maxFields = 100 } = options;
  const { folder: parent = tmpdir(), createFile = createFileOnDisk } = options;
  const totalBytes = largestForm(fileFields, limitBytes, maxFields);
  checkHead(req, totalBytes);
  const { values, addFile, addText, fieldOfFile } = createFormValues(fileFields, {
    limitBytes,
    maxFields,
  });
  const folder = createTemporaryFolder(parent);
  /** The files in the order of their parts, each resolved once it is complete. */
  const taken: Promise<Taken | undefined>[] = [];
  const end = createEnd();
  /** The file that is arriving. */
  let arriving: Readable | undefined;
  let isHandedOver = false;
  let receivedBytes = 0;
  let isOver = false;

  return new Promise((resolve, reject) => {
    const parser = createParser(req.headers, limitBytes, {
      onText(...field) {
        if (isHandedOver) throw new Problem(400, NOT_LAST);
        addText(...field);
      },
      onFile(head, content) {
        if (isHandedOver) throw new Problem(400, NOT_LAST);
        const { rule } = fieldOfFile(head.field);
        const file = (rule.isStreamed ? handOver : store)(head, rule, content);
        file.catch((err: Error) => stop(asProblem(err)));
        taken.push(file);
      },
      onEnd() {
        end.reached();
        if (!isHandedOver) resolveAfter(taken);
      },
      onError: (err) => stop(err as Error),
    });

    async function store(
      head: FileHead,
      rule: FileRule,
      content: Readable,
    ): Promise<Taken | undefined> {
      const number = taken.length;
      const file = createCheckedFile(head, rule);
      arriving = file.stream;
      const path = join(await folder.path(), String(number));
      await pipeline(content, file.stream, createFile(path));
      return file.isAbsent() ? undefined : [head.field, storedFile(head.name, file, path)];
    }

    /** Calls the handler once the file's first bytes are accepted. The stream ends when the whole form has arrived. */
    async function handOver(head: FileHead, rule: FileRule, content: Readable): Promise<undefined> {
      const earlier = [...taken];
      const file = createCheckedFile(head, rule, {
        onType() {
          if (file.isAbsent()) return file.stream.resume();
          isHandedOver = true;
          const { stream } = file;
          const arrived = asReceived({ name: head.name, type: file.type(), stream });
          resolveAfter([...earlier, Promise.resolve([head.field, arrived])]);
        },
        untilComplete: () => (isHandedOver ? end.promise : Promise.resolve()),
      });
      arriving = file.stream;
      // The handler may respond without reading the whole file.
      file.stream.once("close", () => {
        if (!file.stream.readableEnded) stop(file.stream.errored ?? incomplete());
      });
      await pipeline(content, file.stream);
    }

    function resolveAfter(files: Promise<Taken | undefined>[]): void {
      Promise.all(files).then(
        (all) => {
          for (const file of all) if (file) addFile(...file);
          resolve(values);
        },
        // It has stopped the form.
        () => undefined,
      );
    }

    /** Discards the rest of the body, and all files. */
    function stop(err: Error): void {
      if (isOver) return;
      isOver = true;
      req.unpipe(parser).off("data", count).resume();
      arriving?.destroy(err);
      end.missed(err);
      setValuesBefore(err, values);
      reject(err);
      // Otherwise a file that is being opened would be created after the removal.
      void Promise.allSettled(taken).then(() => folder.remove());
    }

    function count(chunk: Buffer): void {
      receivedBytes += chunk.length;
      if (receivedBytes > totalBytes) stop(new Problem(413, TOO_LARGE));
    }

    req.on("error", () => stop(incomplete()));
    (req.res as Response).once("close", () => stop(incomplete()));
    req.on("data", count).pipe(parser);
  });
}

/** @throws Problem for a request that cannot be read as a form. */
function checkHead(req: Request, totalBytes: number): void {
  const { headers } = req;
  if (!/^(identity)?$/i.test(headers["content-encoding"] ?? "")) throw new Problem(415, ENCODED);
  if (Number(headers["content-length"]) > totalBytes) throw new Problem(413, TOO_LARGE);
  if (req.readableEnded) throw new Error("The body has already been read, by other middleware.");
  // The client has disconnected during earlier middleware: no event would come.
  if (req.destroyed) throw incomplete();
}

/** The maximum size of a form whose fields and files are within their limits, in bytes. */
function largestForm(
  fileFields: ReadonlyMap<string, FileField>,
  limitBytes: number,
  maxFields: number,
): number {
  let total = limitBytes + maxFields * PART_BYTES + PART_HEAD_BYTES;
  for (const { rule, maxFiles } of fileFields.values())
    total += maxFiles * (rule.maxBytes + PART_HEAD_BYTES);
  return total;
}

/** Settles when the form has arrived. */
function createEnd() {
  let reached!: () => void;
  let missed!: (err: Error) => void;
  const promise = new Promise<void>((resolve, reject) => ([reached, missed] = [resolve, reject]));
  promise.catch(() => undefined);
  return { promise, reached, missed };
}

/** The file's JSON has no path, so it can be logged, sent, and compared with that of a repeated request. */
function storedFile(name: string, file: CheckedFile, path: string): UploadedFile {
  const shown = { name, type: file.type(), bytes: file.bytes() };
  const stored = { ...shown, path };
  return asReceived(Object.defineProperty(stored, "toJSON", { value: () => shown }));
}

/** A full disk is not a bug, so it is a 507. The log has the cause, with the path. */
function asProblem(err: NodeJS.ErrnoException): Error {
  if (!["ENOSPC", "EDQUOT"].includes(err.code ?? "")) return err;
  return Object.assign(new Problem(507, DISK_FULL), { cause: err });
}

const incomplete = () => new Problem(400, "The body ended before it was complete.");

const ENCODED = "A form with files cannot have a Content-Encoding.";
const TOO_LARGE = "The body is larger than this service accepts.";
const NOT_LAST = "The file must be the last part of the form.";
const DISK_FULL = "The service has no space left to store the upload.";
