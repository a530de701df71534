import { readBindTarget, readPassedSocket } from "../../src/port/bind";

describe("readPassedSocket", () => {
  it("returns the socket that is passed to this process", () => {
    expect(readPassedSocket({ LISTEN_FDS: "1", LISTEN_PID: "42" }, 42)).toBe(3);
  });

  it.each([{}, { LISTEN_FDS: "1" }, { LISTEN_FDS: "1", LISTEN_PID: "41" }, { LISTEN_PID: "42" }])(
    "ignores %j, which is not for this process",
    (env) => {
      expect(readPassedSocket(env, 42)).toBeUndefined();
    },
  );

  it("rejects several sockets", () => {
    expect(() => readPassedSocket({ LISTEN_FDS: "2", LISTEN_PID: "42" }, 42)).toThrow(
      "Expected one passed socket, got LISTEN_FDS=2",
    );
  });
});

describe("readBindTarget", () => {
  const config = { HOST: "127.0.0.1", PORT: 5000, REUSE_PORT: true };

  it("is the passed socket if there is one", () => {
    expect(readBindTarget(config, { LISTEN_FDS: "1", LISTEN_PID: "42" }, 42)).toEqual({ fd: 3 });
  });

  it("is the configured port otherwise", () => {
    expect(readBindTarget(config, { LISTEN_FDS: "1", LISTEN_PID: "41" }, 42)).toEqual({
      host: "127.0.0.1",
      port: 5000,
      reusePort: true,
    });
  });
});
