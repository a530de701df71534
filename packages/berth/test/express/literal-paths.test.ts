import express, { Router } from "express";
import request from "supertest";
import type { Layer } from "../../src/express/layers";
import { compareLiteralsFirst } from "../../src/express/literal-paths";

/** Every kind of path that Express supports; each route responds with its own name. */
function createRouter(): Router {
  const router = Router();
  const respond = (name: string) => (_req: unknown, res: express.Response) => void res.send(name);
  router.use("/rewritten", (req, _res, next) => {
    req.url = "/things/9";
    next();
  });
  router.use((req, _res, next) => {
    if (req.url === "/alias") req.url = "/things/8";
    next();
  });
  router.get("/", respond("root"));
  router.get("/things", respond("things"));
  router.get("/things/:id", respond("one thing"));
  router.get(["/list", "/other-list"], respond("list"));
  router.get(/^\/pattern/, respond("pattern"));
  router.get("/optional{/:part}", respond("optional"));
  router.get("/half{way}", respond("halfway"));
  router.get("/Upper", respond("upper"));
  router.get("/dotted.json", respond("dotted"));
  router.get("/%7Etilde", respond("encoded"));
  const nested = Router().get("/", respond("nested root")).get("/inner", respond("nested inner"));
  router.use("/nested", nested);
  router.use("/mounted", express().get("/inner", respond("mounted app")));
  router.get("/:any", respond("any"));
  router.get("/files/*path", respond("files"));
  return router;
}

const plain = express().use(createRouter());
const indexed = express().use(createRouter());
compareLiteralsFirst(indexed.router);

it.each([
  ...["/", "//", "/?x=1", "/things", "/THINGS/", "/things?x=/", "/things/1", "/Things/1", "/thing"],
  ...["/things/1/2", "/rewritten", "/alias", "/list", "/other-list", "/pattern-1", "/optional"],
  ...[
    "/optional/a",
    "/half",
    "/halfway",
    "/halfwa",
    "/upper",
    "/dotted.json",
    "/dottedxjson",
    "/~tilde",
  ],
  ...["/%7Etilde", "/%7etilde", "/nested", "/nested/", "/NESTED/inner", "/nested/inner/more"],
  ...["/nestedinner", "/mounted/inner", "/mounted", "/\u212Aelvin", "/files/a/b", "/files", "/%"],
])("matches %s as Express does without the comparison", async (path) => {
  const [expected, found] = [await request(plain).get(path), await request(indexed).get(path)];
  expect([found.status, found.text]).toEqual([expected.status, expected.text]);
});

it("tries only the layers that can match the path", async () => {
  const router = Router();
  const asked: string[] = [];
  for (const path of ["/ships", "/ships/:id", "/docks/:id", "/:any"]) {
    router.get(path, (_req, _res, next) => next());
    const layer = router.stack.at(-1) as unknown as Layer;
    const match = layer.match.bind(layer);
    layer.match = (asking) => {
      asked.push(path);
      return match(asking);
    };
  }
  compareLiteralsFirst(router);
  await request(express().use(router)).get("/docks/1");
  expect(asked).toEqual(["/docks/:id", "/:any"]);
});
