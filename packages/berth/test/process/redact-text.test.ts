import { redactText, redactUserInfo } from "../../src/process/redact-text";

describe("redacted text", () => {
  it.each([
    ["postgres://ann:secret@host:5432/app", "postgres://[redacted]@host:5432/app"],
    ["https://secret@host/", "https://[redacted]@host/"],
    [
      "at https://a:s@b/, and redis://:s@[::1]:1/2",
      "at https://[redacted]@b/, and redis://[redacted]@[::1]:1/2",
    ],
    ["a://b:s@c,d://e:s@f", "a://[redacted]@c,d://[redacted]@f"],
    ["postgres://ann:p@ss@host/app", "postgres://[redacted]@host/app"],
    ["postgres://ann:p/ss?w#d@host/app", "postgres://[redacted]@host/app"],
    ['{"url":"a://b:s@c"}', '{"url":"a://[redacted]@c"}'],
  ])("has no users and passwords of URLs: %s", (text, redacted) => {
    expect(redactUserInfo(text)).toBe(redacted);
  });

  it.each([
    "https://host:8080/users/@ann",
    "https://host/a@b?mail=a@b#c",
    "mail ann@host: see https://host.",
    "file:///app/node_modules/@scope/name/index.js:1:2",
    "expected postgres://user:password@host:port/database",
    "http://host:port or https://host",
  ])("keeps text that is not a credential: %s", (text) => {
    expect(redactUserInfo(text)).toBe(text);
  });

  it.each([
    ["GET https://host/x?token=s&to=https://h/ failed", "GET https://host/x?[redacted] failed"],
    ["https://host/#access_token=s", "https://host/#[redacted]"],
    ["Authorization: Bearer ab12.cd-ef", "Authorization: Bearer [redacted]"],
    [
      'Headers.append: "s\ns" is an invalid header value.',
      'Headers.append: "[redacted]" is an invalid header value.',
    ],
    [
      "The Bearer token is missing. Basic authentication is off.",
      "The Bearer token is missing. Basic authentication is off.",
    ],
  ])("has no queries, fragments and quoted credentials: %j", (text, redacted) => {
    expect(redactText(text)).toBe(redacted);
  });

  it.each([
    "://".repeat(100_000),
    "a".repeat(300_000),
    "a://b:" + "@".repeat(300_000),
    "Bearer ".repeat(50_000),
  ])("is created in linear time: %#", (text) => {
    expect(redactText(text).length).toBeGreaterThan(0);
  });
});
