// The headers by which a browser saves or shows what it downloads.
import type { Response } from "express";

/** How a download is named and shown. */
export interface DownloadOptions {
  /** The name to save it as; any characters. Without it, the response has no Content-Disposition. */
  filename?: string;
  /** Whether a browser may show it under this name instead of saving it; false by default. */
  isInline?: boolean;
  /** The Content-Type; by default that of the extension. */
  type?: string;
}

/**
 * Not stored by shared caches, asked for again each time, and not compressed on its way, as byte ranges are those of the
 * file.
 */
const CACHE_CONTROL = "private, no-cache, no-transform";

/**
 * Sets the headers of a download, unless the handler has set them.
 * @see https://www.rfc-editor.org/rfc/rfc6266 and https://www.rfc-editor.org/rfc/rfc8187 for the name
 */
export function setDownloadHeaders(res: Response, options: DownloadOptions): void {
  const { filename, isInline = false, type } = options;
  if (!res.hasHeader("Cache-Control")) res.set("Cache-Control", CACHE_CONTROL);
  if (type !== undefined) res.type(type);
  if (filename === undefined) return;
  const ownType = res.get("Content-Type");
  res.attachment(filename);
  if (ownType !== undefined) res.set("Content-Type", ownType);
  const disposition = String(res.get("Content-Disposition"));
  if (isInline) res.set("Content-Disposition", disposition.replace(/^attachment/, "inline"));
}
