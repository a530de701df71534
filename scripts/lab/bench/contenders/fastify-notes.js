"use strict";
// Berth's sample feature on Fastify, over Berth's own store and pool: the `pg` calls are the same.

const noteInput = {
  type: "object",
  properties: {
    title: { type: "string", minLength: 1, maxLength: 200 },
    body: { type: "string", maxLength: 10_000 },
  },
  required: ["title", "body"],
  additionalProperties: false,
};

const date = { type: "string", format: "date-time" };
const note = {
  type: "object",
  properties: {
    id: { type: "string" },
    title: { type: "string" },
    body: { type: "string" },
    createdAt: date,
    updatedAt: date,
  },
};

const notesQuery = {
  type: "object",
  properties: {
    limit: { type: "integer", minimum: 1, maximum: 100, default: 20 },
    cursor: { type: "string", pattern: "^[1-9]\\d{0,18}$" },
  },
  additionalProperties: false,
};

const noteParams = {
  type: "object",
  properties: { id: { type: "string", pattern: "^[1-9]\\d{0,18}$" } },
};

/** Adds the routes that are measured: list, read and create. */
function addNotesRoutes(app, databaseUrl) {
  // Here, so that a Fastify without notes does not pay for loading it.
  const { createDatabase } = require("../../../../dist/chassis/backing/postgres");
  const { createNoteStore } = require("../../../../dist/features/notes/store");
  const notes = createNoteStore(
    createDatabase({
      url: databaseUrl,
      poolSize: 10,
      connectTimeoutMs: 2000,
      statementTimeoutMs: 5000,
      logger: { info: () => undefined, warn: () => undefined },
    }),
  );

  app.get(
    "/notes",
    { schema: { querystring: notesQuery, response: { 200: { type: "array", items: note } } } },
    async (request, reply) => {
      const { limit, cursor } = request.query;
      const found = await notes.list({ limit: limit + 1, cursor });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      if (last && found.length > limit) {
        reply.header("Link", `</notes?limit=${limit}&cursor=${last.id}>; rel="next"`);
      }
      return page;
    },
  );

  app.get(
    "/notes/:id",
    { schema: { params: noteParams, response: { 200: note } } },
    async (request) => {
      const found = await notes.find(request.params.id);
      if (!found) throw Object.assign(new Error("There is no such note."), { status: 404 });
      return found;
    },
  );

  app.post(
    "/notes",
    { schema: { body: noteInput, response: { 201: note } } },
    async (request, reply) => {
      const created = await notes.create(request.body);
      reply.code(201).header("Location", `/notes/${created.id}`);
      return created;
    },
  );
}

module.exports = { addNotesRoutes };
