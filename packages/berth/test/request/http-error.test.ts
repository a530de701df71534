import { readHttpError } from "../../src/request/http-error";

describe("readHttpError()", () => {
  const error = (members: object) => Object.assign(new Error("What is wrong."), members);

  it.each([
    ["only the status", { status: 404 }, { status: 404 }],
    ["the status by its other name", { statusCode: 403 }, { status: 403 }],
    ["the message if it is exposed", { status: 409, expose: true }, { message: "What is wrong." }],
    [
      "the headers of a status, and no others",
      { status: 503, expose: true, headers: { "Retry-After": "5", "Set-Cookie": "id=1" } },
      { headers: { "Retry-After": "5" } },
    ],
  ])("returns %s", (_what, members, expected) => {
    expect(readHttpError(error(members))).toMatchObject(expected);
  });

  it("returns neither message nor headers unless they are exposed", () => {
    const thrown = error({ status: 503, headers: { "Retry-After": "5" } });
    expect(readHttpError(thrown)).toEqual({ status: 503 });
  });

  it.each([
    [undefined],
    ["text"],
    [error({})],
    [error({ status: 200 })],
    [error({ status: "404" })],
  ])("returns undefined for %p", (thrown) => {
    expect(readHttpError(thrown)).toBeUndefined();
  });

  it("returns undefined for a value that cannot be read", () => {
    const unreadable = new Proxy({}, { get: () => expect("read").toBe("unreadable") });
    expect(readHttpError(unreadable)).toBeUndefined();
  });
});
