# Tornado: the application binds PORT itself, as in its documentation.
import asyncio
import os

import tornado.web


class Index(tornado.web.RequestHandler):
    def get(self):
        self.write("Tornado\n")


class Slow(tornado.web.RequestHandler):
    async def get(self):
        await asyncio.sleep(2)
        self.write("slept\n")


async def main():
    app = tornado.web.Application([("/", Index), ("/slow", Slow)])
    app.listen(int(os.environ["PORT"]))
    await asyncio.Event().wait()


asyncio.run(main())
