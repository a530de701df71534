// `--inspect` of the formation, with a debugger attached across a reload.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { berth } from "../../../src/cli-path";
import { freeBasePort, startFormation, stopFormations } from "../../formation/support";
import { attachDebugger } from "../../reload/debugger";
const reload = `exec ${berth("reload").join(" ")} main.ts`;

/** Compiling removes the lines with types. */
const program = (greeting: string) => `import { createServer } from "node:http";

interface Greeting {
  name: string;
  greeting: string;
}

const greet = (name: string): Greeting => {
  const greeting = "${greeting} " + name;
  return { name, greeting };
};

const server = createServer((_req, res) => {
  res.end(JSON.stringify(greet("Ann")));
});
server.listen(process.env.PORT, () => console.log("serving ${greeting}"));
process.on("SIGTERM", () => process.exit(0));
`;
const BREAKPOINT = 10;

afterEach(stopFormations);

/** Starts a program that is paused in a request, which must fail: `cut` resolves when it has. */
async function startPaused() {
  const base = await freeBasePort();
  const args = ["-p", String(base), `--inspect=${base + 50}`];
  const runner = await startFormation([`web: ${reload}`], args, { "main.ts": program("Ahoy") });
  const main = join(runner.directory, "main.ts");
  await runner.waitFor(/serving Ahoy/);
  const editor = await attachDebugger(base + 50);
  await editor.breakAt(pathToFileURL(main).href, BREAKPOINT);
  const cut = expect(fetch(`http://127.0.0.1:${base}`)).rejects.toThrow();
  await editor.paused();
  return { runner, main, cut };
}

describe("npm run dev -- --inspect", () => {
  it("stops at breakpoints in TypeScript, before and after a reload", async () => {
    const base = await freeBasePort();
    const inspect = base + 50;
    const args = ["-p", String(base), `--inspect=${inspect}`];
    const runner = await startFormation([`web: ${reload}`], args, { "main.ts": program("Ahoy") });
    const main = join(runner.directory, "main.ts");
    const ask = async () => (await fetch(`http://127.0.0.1:${base}`)).text();

    for (const greeting of ["Ahoy", "Moin"]) {
      if (greeting !== "Ahoy") writeFileSync(main, program(greeting));
      await runner.waitFor(new RegExp(`serving ${greeting}`));
      const editor = await attachDebugger(inspect);
      await editor.breakAt(pathToFileURL(main).href, BREAKPOINT);
      const response = ask();
      expect(await editor.paused()).toBe(BREAKPOINT);
      await editor.resume();
      expect(await response).toBe(`{"name":"Ann","greeting":"${greeting} Ann"}`);
      void editor.left();
    }
  });

  it("reloads a paused program, though it handles no signal", async () => {
    const { runner, main, cut } = await startPaused();
    writeFileSync(main, program("Moin"));
    await runner.waitFor(/serving Moin/);
    await cut;
  });

  it("stops while a program is paused, though that handles no signal", async () => {
    const { runner, cut } = await startPaused();
    runner.process.kill("SIGTERM");
    await runner.exited;
    expect(runner.output()).toContain("web.1 exited with code");
    await cut;
  });
});
