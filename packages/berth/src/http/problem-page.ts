// Shows problem details as a page to browsers that ask for one; programs get JSON.
import type { Express, Request } from "express";
import type { Logger } from "pino";
import { PROBLEM_TYPE } from "../request/problem";
import { requestFields } from "./log-context";

/** The members of problem details. */
export interface ProblemDetails {
  readonly title: string;
  readonly status: number;
  /** What is wrong; absent where a client must not know. */
  readonly detail?: string;
  readonly requestId: string;
  readonly [member: string]: unknown;
}

/** Returns the HTML of a page for a problem. Its texts may have been sent by the client: escape them. */
export type ProblemPage = (
  problem: ProblemDetails,
  req: Request,
) => string | { toString(this: void): string };

/** The Express setting, which mounted apps inherit. */
const SETTING = "problem page";

/** The page of an app. */
export interface ProblemPageOptions {
  page: ProblemPage;
  /** Gets what the page throws; the client gets the plain page then. */
  logger: Pick<Logger, "error">;
}

/** Replaces the page that browsers get for problems, in an app and the apps mounted in it. */
export function setProblemPage(app: Express, options: ProblemPageOptions): void {
  app.set(SETTING, options);
}

/** In our order of preference, for clients that accept several equally: a program that accepts everything gets JSON. */
const TYPES = [PROBLEM_TYPE.split(";")[0]!, "application/json", "text/html"];

/**
 * Whether the client prefers a page. Most requests are from programs, which do not mention HTML.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export const prefersPage = (req: Request): boolean =>
  /text\/html/i.test(req.headers.accept ?? "") && req.accepts(TYPES) === "text/html";

/** The page for this problem, of the app or a plain one. @param json The problem details. */
export function problemPage(req: Request, json: string): string {
  const problem = JSON.parse(json) as ProblemDetails;
  const own = req.app.get(SETTING) as ProblemPageOptions | undefined;
  try {
    if (own) return String(own.page(problem, req));
  } catch (err) {
    own?.logger.error({ ...requestFields(req), err }, "the problem page failed");
  }
  return plainPage(problem);
}

/** Works under any Content-Security-Policy: one that forbids its style leaves its text. */
function plainPage({ type: _type, title, status, detail, requestId, ...members }: ProblemDetails) {
  const heading = escapeHtml(`${status} ${title}`);
  const paragraphs = [
    ...(detail === undefined ? [] : [`<p>${escapeHtml(detail)}</p>`]),
    ...Object.entries(members).map(
      ([name, value]) =>
        `<p>${escapeHtml(name)}</p>\n<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`,
    ),
    `<p><small>Request ${escapeHtml(requestId)}</small></p>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${heading}</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }</style>
</head>
<body>
<h1>${heading}</h1>
${paragraphs.join("\n")}
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" },
};

const escapeHtml = (text: unknown): string =>
  String(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
