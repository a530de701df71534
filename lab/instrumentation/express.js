"use strict";
// Stock Express with a common graceful shutdown: requests in flight are completed.
const process = require("node:process");
const express = require("express");
const helmet = require("helmet");
const { mountRoutes } = require("./routes");

const app = express();
app.use(helmet());
mountRoutes(app, express.Router(), express.json());
// Express recognizes an error handler by its four parameters.
app.use((err, _req, res, next) => {
  if (res.headersSent) return next(err);
  res.status(500).json({ error: err.message });
});

const server = app.listen(process.env.PORT, () => {
  process.stdout.write(`stock Express is listening on port ${process.env.PORT}\n`);
});
process.on("SIGTERM", () => server.close(() => process.exit(0)));
