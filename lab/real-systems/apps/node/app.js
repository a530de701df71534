// Node's own http server, as its documentation shows it.
const http = require("node:http");
const { env } = require("node:process");
const { setTimeout } = require("node:timers");

const server = http.createServer((req, res) => {
  setTimeout(() => res.end("Node\n"), req.url === "/slow" ? 2000 : 0);
});
server.listen(env.PORT || 8000);
