# Flask: the application object; its server binds the port.
import time

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "Flask\n"


@app.get("/slow")
def slow():
    time.sleep(2)
    return "slept\n"
