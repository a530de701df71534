// Serves the OpenAPI document, and Swagger UI, which shows it and can send requests.
import { dirname, join } from "node:path";
import { type RequestHandler, Router } from "express";
import { describes } from "../schema/description";
import { type ApiInfo, type OpenApiDocument, openApiDocument } from "./openapi";

/** Content-Security-Policy: the page may load its own files and send requests to its own origin, nothing else. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Files are sent relative to a root. For an absolute path, Express checks every segment as if the client had requested
 * it, and responds 404 if one begins with a dot, as below `~/.piku` or pnpm's `.pnpm`.
 */
const OWN_FOLDER = join(__dirname, "../../public");

/** The files of the page: Berth's, and those of Swagger UI. */
const OWN_FILES = new Set(["page.css", "page.js"]);
const SWAGGER_FILES = new Set(["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"]);

/**
 * `GET /openapi.json` and `GET /docs`, to be mounted at the app's root. The document is made on the first request.
 * @throws DescriptionError in requests for the document, when a route's description contradicts itself.
 */
export function apiDocs(info: ApiInfo): RequestHandler {
  let document: OpenApiDocument | undefined;
  const sendDocument: RequestHandler = (req, res) => {
    document ??= openApiDocument(req.app.router, info);
    res.json(document);
  };
  return Router()
    .get("/openapi.json", describes(sendDocument, HIDDEN))
    .get("/docs", describes(sendPage, HIDDEN))
    .get("/docs/:file", describes(sendPageFile, HIDDEN));
}

/** The documentation does not list its own routes. */
const HIDDEN = { isHidden: true };

const sendPage: RequestHandler = (req, res) => {
  // The page's links are relative, as a proxy may have removed a path prefix. Below `/docs/` they would be wrong.
  if (req.path.endsWith("/")) return res.redirect(301, "../docs");
  res.set("Content-Security-Policy", PAGE_POLICY);
  res.sendFile("index.html", { root: OWN_FOLDER });
};

const sendPageFile: RequestHandler<{ file: string }> = ({ params: { file } }, res, next) => {
  if (OWN_FILES.has(file)) return res.sendFile(file, { root: OWN_FOLDER });
  if (SWAGGER_FILES.has(file)) return res.sendFile(file, { root: swaggerFolder() });
  next();
};

const swaggerFolder = (): string => dirname(require.resolve("swagger-ui-dist/package.json"));
