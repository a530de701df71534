// The examples of docs/pages.md about forms and error pages.
import { Router } from "express";
import request from "supertest";
import { setProblemPage } from "../../src/http/problem-page";
import { checkForm, type FieldTexts } from "../../src/pages/check-form";
import { seeOther } from "../../src/pages/flash";
import { html, sendHtml } from "../../src/pages/html";
import { createSessions } from "../../src/pages/sessions";
import { isUniqueViolation } from "../../src/postgres/violations";
import { Problem } from "../../src/request/problem";
import { object, text } from "../../src/schema/fields";
import { createTestApp, createTestLogger } from "../../src/testing/app";
import { startTestPostgres } from "../../src/testing/postgres";
import { attach } from "../support/database";
import { runExample } from "../support/page-example";

it("shows what a constraint refuses beside its field", async () => {
  const postgres = await startTestPostgres();
  const database = attach(postgres.url, 60_000);
  await database.query("CREATE TABLE customers (name text, email text UNIQUE)");
  const secrets = ["0123456789abcdef".repeat(2)] as const;
  const sessions = createSessions({ database, secrets, name: "shop" });
  const router = Router();
  const customerInput = object({ name: text(1, 40), email: text(3, 200) });
  const customerPage = (values: FieldTexts, errors: FieldTexts) =>
    html`${values.email}: ${errors.email}`;
  const scope = { router, database, customerInput, customerPage, isUniqueViolation };
  await runExample("pages.md", "customers_email_key", { ...scope, checkForm, sendHtml, seeOther });
  const { app } = createTestApp((to) => to.use(sessions, router));
  const send = (email: string) =>
    request(app).post("/customers").type("form").send({ name: "Ada", email });
  expect((await send("a@b.c")).status).toBe(303);
  const again = await send("a@b.c");
  expect([again.status, again.text]).toEqual([422, "a@b.c: This e-mail address is taken."]);
  const short = await send("a");
  expect([short.status, short.text]).toEqual([422, "a: must have at least 3 characters"]);
  expect(await database.query("SELECT email FROM customers")).toEqual([{ email: "a@b.c" }]);
  await database.close();
  await postgres.stop();
});

it("shows problems as a page of one's own", async () => {
  const { app } = createTestApp((router) =>
    router.get("/", () => {
      throw new Problem(403, "Not <you>.");
    }),
  );
  const { logger, log } = createTestLogger();
  await runExample("pages.md", "setProblemPage(", { app, logger, html, setProblemPage });
  const res = await request(app).get("/").set("Accept", "text/html").set("X-Request-Id", "r1");
  expect([res.status, res.type, log]).toEqual([403, "text/html", []]);
  expect(res.text.replaceAll(/\s*\n\s*/g, "")).toContain(
    "<h1>403 Forbidden</h1><p>Not &lt;you&gt;.</p><p><small>Request r1</small></p>",
  );
});
