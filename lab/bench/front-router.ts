// Runs the development router without its formation. Arguments: its port and the target's port.
import { createRouter } from "berth-dev/router";

const [port, target] = process.argv.slice(2).map(Number) as [number, number];

void createRouter({
  port,
  targets: new Map([["web", [{ name: "web.1", port: target }]]]),
  routes: "web",
  say: (text) => process.stderr.write(`${text}\n`),
}).listen();
