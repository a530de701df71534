import request from "supertest";
import type { Database } from "../../src/postgres/database";
import {
  isCheckViolation,
  isForeignKeyViolation,
  isUniqueViolation,
  onViolation,
} from "../../src/postgres/violations";
import { createTestApp, problem } from "../../src/testing/app";
import { attach } from "../support/database";
import { startTestPostgres, type TestPostgres } from "../../src/testing/postgres";

let postgres: TestPostgres;
let database: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = attach(postgres.url, 60_000);
  await database.query(
    "CREATE TABLE customers (id int PRIMARY KEY, email text UNIQUE, age int CHECK (age > 0), born date)",
  );
  await database.query(
    "CREATE TABLE orders (customer int REFERENCES customers DEFERRABLE INITIALLY DEFERRED)",
  );
  await database.query("INSERT INTO customers VALUES (1, 'ada@example.com')");
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
});

const TWICE = "INSERT INTO customers VALUES (2, 'ada@example.com')";
const NOBODYS = "INSERT INTO orders VALUES (3)";
const UNBORN = "INSERT INTO customers VALUES (2, 'bob@example.com', 0)";
const TAKEN = { customers_email_key: "This e-mail address is taken." };

describe("a violated constraint", () => {
  const errorOf = (text: string) => database.query(text).then(String, (err: unknown) => err);

  it("is recognized by its kind and its name", async () => {
    const twice = await errorOf(TWICE);
    expect(isUniqueViolation(twice)).toBe(true);
    expect(isUniqueViolation(twice, "customers_email_key")).toBe(true);
    expect(isUniqueViolation(twice, "customers_pkey")).toBe(false);
    expect(isForeignKeyViolation(twice) || isCheckViolation(twice)).toBe(false);
    expect(isForeignKeyViolation(await errorOf(NOBODYS), "orders_customer_fkey")).toBe(true);
    expect(isCheckViolation(await errorOf(UNBORN), "customers_age_check")).toBe(true);
    expect(isUniqueViolation(new Error("23505"))).toBe(false);
  });
});

describe("a request that violates a constraint", () => {
  /** Responds with the outcome of `work`. */
  const responseOf = (work: () => Promise<unknown>) => {
    const { app, log } = createTestApp((router) => {
      router.get("/", async (_req, res) => void res.json(await work()));
    });
    return request(app)
      .get("/")
      .then((res) => ({ body: JSON.parse(res.text) as unknown, type: res.type, log }));
  };

  it("gets the message of the store, and is not logged as an error of the service", async () => {
    const { body, type, log } = await responseOf(() =>
      database.query(TWICE).catch(onViolation(TAKEN)),
    );
    expect(body).toEqual(problem(409, "Conflict", { detail: "This e-mail address is taken." }));
    expect(type).toBe("application/problem+json");
    expect(log.map(({ msg }) => msg)).not.toContain("request failed");
  });

  it("gets the message when the database checks a constraint at COMMIT", async () => {
    const { body } = await responseOf(() =>
      database
        .transaction((tx) => tx.query(NOBODYS))
        .catch(onViolation({ orders_customer_fkey: "There is no such customer." }, 422)),
    );
    expect(body).toEqual(
      problem(422, "Unprocessable Entity", { detail: "There is no such customer." }),
    );
  });

  it("rolls back the transaction", async () => {
    const { body } = await responseOf(() =>
      database.transaction(async (tx) => {
        await tx.query("INSERT INTO customers VALUES (9)");
        await tx.query(TWICE).catch(onViolation(TAKEN));
      }),
    );
    expect(body).toMatchObject({ status: 409 });
    expect(await database.query("SELECT FROM customers WHERE id = 9")).toEqual([]);
  });

  it.each([
    ["another constraint", NOBODYS],
    ["an invalid date (22008)", "INSERT INTO customers (born) VALUES ('2026-02-31')"],
    ["an invalid number (22P02)", "INSERT INTO customers (id) VALUES ('abc')"],
    ["a number that is too large (22003)", "INSERT INTO customers (id) VALUES (99999999999)"],
  ])("responds 500 without details for %s", async (_what, text) => {
    const { body, log } = await responseOf(() => database.query(text).catch(onViolation(TAKEN)));
    expect(body).toEqual(problem(500, "Internal Server Error"));
    expect(log.map(({ msg }) => msg)).toContain("request failed");
  });
});
